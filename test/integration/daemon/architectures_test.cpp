#include "regeneration.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <utility>

// For which architectures images are built, and what these say of theirs.

namespace iib::test {
namespace {

using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;

constexpr auto kLabel = "architecture";
constexpr auto kRefusing = "iib_supported_archs: {amd64: amd64}\n";

/// Pushes the binary image anew, for each architecture with the label; an empty one is none.
void push_base(Site& site, const std::vector<std::pair<std::string, std::string>>& labels) {
  std::vector<std::pair<std::string, std::string>> images;
  for (const auto& [architecture, label] : labels) {
    TestImage image{.layers = {{{.path = "bin/opm", .content = architecture}}},
                    .labels = {},
                    .architecture = architecture};
    if (!label.empty()) image.labels[kLabel] = label;
    images.emplace_back(architecture, site.registry().push("base", architecture, image));
  }
  site.registry().push_list("base", "v1", images);
}

/// What the images of `index` say, in the order of the list; nothing of those without the label.
Texts labels_of(Site& site, const std::string& index) {
  Texts found;
  for (const auto& image : read_index(site.registry(), index).images) {
    const auto& labels = image.config["config"]["Labels"];
    if (labels.HasMember(kLabel)) found.push_back(text_of(labels, kLabel));
  }
  return found;
}

std::string body_on(const Site& site, const std::string& from_index, const std::string& more) {
  return fmt::format(R"({{"from_index":"{}","binary_image":"{}"{}}})", from_index, site.base(),
                     more);
}

/// A request, and what its images would be made of if their label let them.
struct Labelled {
  std::string type;
  std::string body;
  std::string named;
};

/// A request of each kind of result, all on images for amd64 that say x86_64.
std::vector<Labelled> all_labelled(Site& site, const Daemon& daemon) {
  const auto otter = site.push_bundle("otter-operator", "0.1.0");
  const auto next = site.push_bundle("otter-operator", "0.2.0");
  push_operand(site, "wetland/heron");
  auto heron = heron_bundle(heron_csv({site.pull_spec("wetland/heron:v1")}));
  heron.labels[kLabel] = "x86_64";
  const auto add = site.add_body({otter}, {.add_arches = {"amd64"}});
  const auto index = build_index(daemon, "add", add);
  const auto create = body_on(site, index, R"(,"output_fbc":true)");
  const auto files = build_index(
      daemon, "add",
      site.add_body({otter}, {.from_index = build_index(daemon, "create-empty-index", create)}));
  const auto base = "built on " + site.pull_spec("base@sha256:");
  return {
      {"add", add, base},
      {"rm", site.rm_body({"otter-operator"}, {.from_index = index}), base},
      {"create-empty-index", create, base},
      {"create-empty-index",
       body_on(site, index, R"(,"output_fbc":true,"labels":{"architecture":"x86_64"})"),
       "labelled as the request says"},
      {"add", site.add_body({next}, {.from_index = files}), base},
      {"merge-index-image",
       fmt::format(R"({{"source_from_index":"{}","binary_image":"{}"}})", index, site.base()),
       base},
      {"regenerate-bundle", regenerate_body(site.push_image("bundles/heron", heron)),
       "built on " + site.pull_spec("bundles/heron@sha256:")},
  };
}

}  // namespace

TEST_CASE("the label architecture of each image is what iib_supported_archs says, or absent",
          "[architectures]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  struct Row {
    std::vector<std::pair<std::string, std::string>> base;
    Texts architectures;
    Texts labels;       ///< Of the result.
    std::string wrong;  ///< What the reason of the failure says; empty: there is none.
  };
  const std::vector<Row> rows{
      {{{"amd64", "x86_64"}, {"arm64", "aarch64"}, {"ppc64le", "ppc64le"}, {"s390x", "s390x"}},
       {"amd64", "arm64", "ppc64le", "s390x"},
       {"x86_64", "aarch64", "ppc64le", "s390x"},
       ""},
      {{{"amd64", ""}, {"riscv64", ""}, {"s390x", "s390x"}},
       {"amd64", "riscv64", "s390x"},
       {"s390x"},
       ""},
      {{{"amd64", "x86_64"}, {"s390x", "x86_64"}},
       {"amd64", "s390x"},
       {},
       "its label architecture would be 'x86_64', but iib_supported_archs says 's390x' for s390x"},
      {{{"amd64", "amd64"}, {"s390x", ""}},
       {"amd64", "s390x"},
       {},
       "its label architecture would be 'amd64', but iib_supported_archs says 'x86_64' for amd64"},
      {{{"amd64", "x86_64"}, {"riscv64", "riscv64"}},
       {"amd64", "riscv64"},
       {},
       "its label architecture would be 'riscv64', but iib_supported_archs does not have riscv64"},
      {{{"amd64", "x86_64"}, {"s390x", "x86_64"}}, {"amd64"}, {"x86_64"}, ""},
  };

  for (const auto& row : rows) {
    CAPTURE(row.architectures, row.wrong);
    push_base(site, row.base);
    const auto id =
        submit(daemon, "add", site.add_body({bundle}, {.add_arches = row.architectures}));
    const auto document = daemon.wait_final(id);
    const auto reason = text_of(document, "state_reason");
    CAPTURE(reason);
    if (row.wrong.empty()) {
      REQUIRE(text_of(document, "state") == "complete");
      CHECK(labels_of(site, text_of(document, "index_image")) == row.labels);
      continue;
    }
    CHECK(text_of(document, "state") == "failed");
    CHECK_THAT(reason, Contains(row.wrong) && Contains(site.pull_spec("base@sha256:")) &&
                           Contains(site.pull_spec(fmt::format("iib-build:{}-", id))));
    CHECK_FALSE(has_result(site.registry(), id));
  }
}

TEST_CASE("a wrong label architecture fails whatever builds images, before anything is pushed",
          "[architectures]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  push_base(site, {{"amd64", "x86_64"}});
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto requests = all_labelled(site, daemon);
  Daemon refusing{
      site.directory() / "refusing",
      site.configuration(kRefusing +
                         std::string{"iib_image_push_template: '{registry}/no:{request_id}'\n"})};
  refusing.start();

  for (const auto& [type, body, named] : requests) {
    CAPTURE(type, body);
    const auto id = submit(refusing, type, body);
    const auto document = refusing.wait_final(id);
    CHECK(text_of(document, "state") == "failed");
    CHECK_THAT(text_of(document, "state_reason"),
               Contains(named) && Contains("for amd64 cannot be ") &&
                   Contains("its label architecture would be 'x86_64', but iib_supported_archs "
                            "says 'amd64' for amd64"));
    CHECK(site.registry().manifest("no", std::to_string(id)).empty());
    CHECK(site.registry().manifest("no", fmt::format("{}-amd64", id)).empty());
    CHECK(text_of(build(daemon, type, body), "state") == "complete");
  }
}

TEST_CASE("add_arches come to the architectures of from_index", "[architectures]") {
  IIBD_NEEDS_TOOLS();
  Site site{{"amd64", "arm64", "s390x"}};
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto index = build_index(daemon, "add",
                                 site.add_body({site.push_bundle("otter-operator", "0.1.0"),
                                                site.push_bundle("heron-operator", "1.0.0")},
                                               {.add_arches = {"amd64"}}));
  REQUIRE(read_index(site.registry(), index).architectures() == Texts{"amd64"});
  const IndexArguments arguments{.from_index = index, .add_arches = {"s390x"}};
  const std::vector<std::pair<std::string, std::string>> requests{
      {"add", site.add_body({site.push_bundle("otter-operator", "0.2.0")}, arguments)},
      {"rm", site.rm_body({"heron-operator"}, arguments)}};

  for (const auto& [type, body] : requests) {
    CAPTURE(type);
    const auto document = build(daemon, type, body);
    INFO(text_of(document, "state_reason"));
    REQUIRE(text_of(document, "state") == "complete");
    CHECK(texts_of(document, "arches") == Texts{"amd64", "s390x"});
    CHECK(read_index(site.registry(), text_of(document, "index_image")).architectures() ==
          Texts{"amd64", "s390x"});
  }
}

}  // namespace iib::test
