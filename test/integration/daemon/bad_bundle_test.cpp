#include "index_image.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace iib::test {
namespace {

constexpr auto kCsv = "manifests/otter-operator.clusterserviceversion.yaml";
constexpr auto kAnnotations = "metadata/annotations.yaml";

TestImage otter() {
  return bundle_image(sample_bundle("otter-operator", "0.1.0"));
}

TestImage otter_without(const std::string& prefix) {
  auto image = otter();
  std::erase_if(image.layers.front(),
                [&](const TarEntry& entry) { return entry.path.starts_with(prefix); });
  return image;
}

TestImage otter_with(const TarEntry& entry) {
  auto image = otter();
  auto& entries = image.layers.front();
  const auto old = std::find_if(entries.begin(), entries.end(),
                                [&](const TarEntry& each) { return each.path == entry.path; });
  if (old == entries.end()) {
    entries.push_back(entry);
  } else {
    *old = entry;
  }
  return image;
}

/// A bundle image that cannot be added, and what the reason must name besides the image.
struct BadBundle {
  std::string name;
  TestImage image;
  std::string cause;
};

std::vector<BadBundle> bad_bundles() {
  using Type = TarEntry::Type;
  return {
      {"no-bundle",
       {.layers = {{{.path = "etc/os-release", .content = "NAME=x\n"}}}, .labels = {}},
       "manifests"},
      {"no-metadata", otter_without("metadata"), "metadata/"},
      {"no-annotations", otter_without(kAnnotations), "annotations"},
      {"no-package", otter_with({.path = kAnnotations, .content = "annotations: {}\n"}),
       "annotations"},
      {"no-csv", otter_without(kCsv), "ClusterServiceVersion"},
      {"bad-csv", otter_with({.path = kCsv, .content = "kind: ClusterServiceVersion\n\t- ]["}),
       "otter-operator.clusterserviceversion.yaml"},
      {"bad-annotations", otter_with({.path = kAnnotations, .content = "annotations: [1,"}),
       "annotations.yaml"},
      {"parent", otter_with({.path = "manifests/../../evil.yaml", .content = "kind: Evil\n"}),
       "manifests/../../evil.yaml"},
      {"absolute", otter_with({.path = "/manifests/evil.yaml", .content = "kind: Evil\n"}),
       "/manifests/evil.yaml"},
      {"absolute-link",
       otter_with(
           {.path = "manifests/a.yaml", .content = "/etc/passwd", .type = Type::symbolic_link}),
       "/etc/passwd"},
      {"relative-link",
       otter_with({.path = "manifests/a.yaml",
                   .content = "../../../../etc/passwd",
                   .type = Type::symbolic_link}),
       "manifests/a.yaml"},
      {"hard-link",
       otter_with(
           {.path = "manifests/a.yaml", .content = "../etc/passwd", .type = Type::hard_link}),
       "../etc/passwd"},
      {"directory-link",
       otter_with({.path = "manifests/sub", .content = "../../..", .type = Type::symbolic_link}),
       "manifests/sub"},
  };
}

}  // namespace

TEST_CASE("a bundle that cannot be added fails its request with a reason that names it and why",
          "[bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  Daemon daemon{site.state(), site.configuration("iib_queues: {iib: 2}\n")};
  daemon.start();
  const auto bundles = bad_bundles();
  std::vector<std::int64_t> requests;
  for (const auto& bundle : bundles) {
    const auto pull_spec = site.push_image(bundle.name, bundle.image);
    requests.push_back(
        submit(daemon, "add", site.add_body({pull_spec}, {.add_arches = {"amd64"}})));
  }

  for (std::size_t each = 0; each < bundles.size(); ++each) {
    const auto document = daemon.wait_final(requests[each]);
    CAPTURE(bundles[each].name, io::to_json(document));
    CHECK(text_of(document, "state") == "failed");
    const auto reason = text_of(document, "state_reason");
    CHECK_THAT(reason, Catch::Contains(site.pull_spec(bundles[each].name)));
    CHECK_THAT(reason, Catch::Contains(bundles[each].cause));
    // Nothing of this host: neither where its files lie nor what a tool printed over several lines.
    CHECK_THAT(reason, !Catch::Contains(site.directory().string()));
    CHECK_THAT(reason, !Catch::Contains("\n"));
    CHECK(document["index_image"].IsNull());
    CHECK(site.registry().manifest("iib-build", std::to_string(requests[each])).empty());
  }
  CHECK(std::filesystem::is_empty(site.state() / "work"));
}

TEST_CASE("a bundle image that is not in the registry fails its request, naming it",
          "[bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto absent = site.pull_spec("absent:v1");

  const auto document = build(daemon, "add", site.add_body({absent}, {.add_arches = {"amd64"}}));

  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(text_of(document, "state_reason"), Catch::Contains(absent));
}

TEST_CASE("another manifest that does not parse is left out with a warning", "[bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto bundle = site.push_image(
      "otter", otter_with({.path = "manifests/broken.yaml", .content = "a: [1,\nb: }"}));

  const auto document = build(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64"}}));

  INFO(io::to_json(document));
  REQUIRE(text_of(document, "state") == "complete");
  CHECK(bundles_of(site.registry(), text_of(document, "index_image")) ==
        std::vector<std::string>{"otter-operator.v0.1.0"});
  CHECK_THAT(daemon.get("/api/v1/builds/1/logs").body, Catch::Contains("broken.yaml"));
}

TEST_CASE("one bad bundle of several leaves nothing of the others", "[bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto good = site.push_bundle("otter-operator", "0.1.0");
  const auto orphan = site.push_bundle("heron-operator", "1.1.0");  // replaces 1.0.0

  const auto document =
      build(daemon, "add", site.add_body({good, orphan}, {.add_arches = {"amd64"}}));

  CHECK(text_of(document, "state") == "failed");
  const auto reason = text_of(document, "state_reason");
  CHECK_THAT(reason, Catch::Contains("heron-operator.v1.1.0"));
  CHECK_THAT(reason, Catch::Contains("heron-operator.v1.0.0"));
  CHECK(site.registry().manifest("iib-build", "1").empty());
}

}  // namespace iib::test
