#include "failed.hpp"
#include "index_image.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fstream>
#include <regex>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

constexpr auto kScopeLabel = "com.redhat.index.delivery.distribution_scope";
constexpr auto kVersionLabel = "com.redhat.index.delivery.version";

/// A label of the first image of an index; empty when it has none.
std::string label_of(Site& site, const std::string& pull_spec, const char* label) {
  const auto index = read_index(site.registry(), pull_spec);
  const auto& labels = index.images.front().config["config"]["Labels"];
  return labels.HasMember(label) ? labels[label].GetString() : "";
}

/// Adds the sample bundle to nothing, for amd64, with further members of the body.
io::JsonDocument add_first(const Daemon& daemon, Site& site, const std::string& more) {
  return build(daemon, "add",
               site.add_body({site.push_bundle("otter-operator", "0.1.0")},
                             {.add_arches = {"amd64"}, .more = more}));
}

/// The same as build(), as `user`; empty: nobody.
io::JsonDocument add_as(const Daemon& daemon, const std::string& user, const std::string& body) {
  const auto answer = daemon.post("/api/v1/builds/add", body, user);
  CAPTURE(answer.body);
  REQUIRE(answer.status == 201);
  return daemon.wait_final(answer.json["id"].GetInt64());
}

/// An image with labels that tell what an index is.
std::string push_labelled_base(Site& site, const std::map<std::string, std::string>& labels) {
  auto image = bundle_image(sample_bundle("otter-operator", "0.1.0"));
  image.labels = labels;
  return site.push_image("labelled", image);
}

/// The sample bundle with its images at `registry`.
TestImage bundle_with_images_at(const std::string& registry, const fs::path& scratch) {
  fs::copy(sample_bundle("otter-operator", "0.1.0"), scratch, fs::copy_options::recursive);
  const auto csv = scratch / "manifests" / "otter-operator.clusterserviceversion.yaml";
  const std::regex image{"registry\\.example\\.com/wetland/([a-z-]+)[@:][^\\s\"']+"};
  const auto moved =
      std::regex_replace(read_file(csv, 1'000'000), image, registry + "/wetland/$1:1");
  std::ofstream{csv} << moved;
  return bundle_image(scratch);
}

/// Pushes the images of the sample bundle, each of which `reason` must name.
void push_missing(Site& site, const std::string& reason) {
  for (const std::string name : {"otter-migrate", "otter-operator", "otter-server"}) {
    CHECK_THAT(reason, Contains(site.pull_spec("wetland/" + name)));
    site.registry().push("wetland/" + name, "1", {.layers = {{}}, .labels = {}});
  }
}

}  // namespace

TEST_CASE("a bundle without a required label is refused, naming label and value", "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(),
                site.configuration("iib_required_labels: {com.example.vendor: ours}\n")};
  daemon.start();
  CHECK_THAT(reason_of(add_first(daemon, site, {})),
             Contains("com.example.vendor=ours") && Contains("does not have it"));

  auto image = bundle_image(sample_bundle("otter-operator", "0.1.0"));
  image.labels["com.example.vendor"] = "theirs";
  auto body = site.add_body({site.push_image("labelled", image)}, {.add_arches = {"amd64"}});
  CHECK_THAT(reason_of(build(daemon, "add", body)), Contains("has the value 'theirs'"));

  image.labels["com.example.vendor"] = "ours";
  body = site.add_body({site.push_image("labelled", image)}, {.add_arches = {"amd64"}});
  CHECK(text_of(build(daemon, "add", body), "state") == "complete");
}

TEST_CASE("an index is labelled with its version and scope, and scopes only fall", "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();

  const auto first = add_first(daemon, site, {});
  CHECK(text_of(first, "distribution_scope") == "prod");
  const auto prod = text_of(first, "index_image");
  CHECK(label_of(site, prod, kScopeLabel) == "prod");
  CHECK(label_of(site, prod, kVersionLabel) == "v4.5");

  const auto second = site.push_bundle("otter-operator", "0.2.0");
  const auto stage = build(
      daemon, "add",
      site.add_body({second}, {.from_index = prod, .more = R"(,"distribution_scope":"STAGE")"}));
  REQUIRE(text_of(stage, "state") == "complete");
  CHECK(text_of(stage, "distribution_scope") == "stage");
  CHECK(label_of(site, text_of(stage, "index_image"), kScopeLabel) == "stage");

  const auto back =
      build(daemon, "rm",
            site.rm_body({"otter-operator"}, {.from_index = text_of(stage, "index_image"),
                                              .more = R"(,"distribution_scope":"prod")"}));
  CHECK_THAT(reason_of(back), Contains("distribution_scope") && Contains("stage"));
}

TEST_CASE("a version of a bundle may be replaced in an index for dev and stage, not for prod",
          "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto index = build_index(daemon, "add",
                                 site.add_body({site.push_bundle("otter-operator", "0.1.0"),
                                                site.push_bundle("otter-operator", "0.2.0")},
                                               {.add_arches = {"amd64"}}));
  auto again = bundle_image(sample_bundle("otter-operator", "0.2.0"));
  again.labels["com.example.build"] = "2";
  const auto digest = site.registry().push("rebuilt", "v1", again);
  const auto add = [&](const std::string& scope) {
    return build(daemon, "add",
                 site.add_body({site.pull_spec("rebuilt:v1")},
                               {.from_index = index,
                                .more = fmt::format(R"(,"distribution_scope":"{}")", scope)}));
  };

  CHECK_THAT(reason_of(add("prod")),
             Contains(site.pull_spec("rebuilt")) && Contains("otter-operator.v0.2.0"));
  for (const std::string scope : {"stage", "dev"}) {
    CAPTURE(scope);
    const auto document = add(scope);
    INFO(text_of(document, "state_reason"));
    REQUIRE(text_of(document, "state") == "complete");
    IndexDatabase database{site.registry(), text_of(document, "index_image")};
    CHECK(database.query("SELECT bundlepath FROM operatorbundle "
                         "WHERE name = 'otter-operator.v0.2.0'") ==
          Rows{{site.pull_spec("rebuilt@" + digest)}});
    CHECK(bundles_of(site.registry(), text_of(document, "index_image")) ==
          std::vector<std::string>{"otter-operator.v0.1.0", "otter-operator.v0.2.0"});
  }
}

TEST_CASE("an index whose label names no scope is refused", "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto index = push_labelled_base(site, {{kScopeLabel, "production"}});
  const auto body = site.rm_body({"otter-operator"}, {.from_index = index});
  CHECK_THAT(reason_of(build(daemon, "rm", body)), Contains(index) && Contains("production"));
}

TEST_CASE("the binary image of a request that names none is the configured one", "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(),
                site.configuration(fmt::format(
                    "iib_binary_image_config: {{prod: {{v4.5: '{}'}}, stage: {{v4.5: scratch}}}}\n",
                    site.base()))};
  daemon.start();
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  const auto body = [&](const std::string& more) {
    return fmt::format(R"({{"bundles":["{}"],"add_arches":["amd64"]{}}})", bundle, more);
  };
  const auto document = build(daemon, "add", body(""));
  REQUIRE(text_of(document, "state") == "complete");
  CHECK(text_of(document, "binary_image") == site.base());

  CHECK_THAT(reason_of(build(daemon, "add", body(R"(,"distribution_scope":"dev")"))),
             Contains("iib_binary_image_config") && Contains("dev") && Contains("v4.5"));
  CHECK_THAT(
      reason_of(build(
          daemon, "add",
          body(fmt::format(R"(,"distribution_scope":"stage","binary_image":"{}")", site.base())))),
      Contains("must be scratch"));
  CHECK_THAT(reason_of(build(daemon, "add", body(R"(,"binary_image":"scratch")"))),
             Contains("must not be scratch"));
}

TEST_CASE("build tags name the same manifest list, and never another request's result",
          "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto document = add_first(daemon, site, R"(,"build_tags":["nightly","v1.2"])");
  REQUIRE(text_of(document, "state") == "complete");
  CHECK(texts_of(document, "build_tags") == std::vector<std::string>{"nightly", "v1.2"});
  const auto list = site.registry().manifest("iib-build", "1");
  REQUIRE_FALSE(list.empty());
  CHECK(site.registry().manifest("iib-build", "nightly") == list);
  CHECK(site.registry().manifest("iib-build", "v1.2") == list);

  for (const std::string tag : {"7", "7-amd64", "not a tag", "-x"}) {
    CAPTURE(tag);
    const auto refused = add_first(daemon, site, fmt::format(R"(,"build_tags":["{}"])", tag));
    CHECK_THAT(reason_of(refused), Contains("build_tags") && Contains(tag));
  }
}

TEST_CASE("a result is reported under the output registry, its copy where it was pushed",
          "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  Daemon daemon{site.state(),
                site.configuration("iib_index_image_output_registry: images.example.com\n")};
  daemon.start();
  const auto document = add_first(daemon, site, "");
  REQUIRE(text_of(document, "state") == "complete");
  CHECK(text_of(document, "index_image") == "images.example.com/iib-build:1");
  CHECK_THAT(text_of(document, "index_image_resolved"),
             Catch::StartsWith("images.example.com/iib-build@sha256:"));
  CHECK(text_of(document, "internal_index_image_copy") == site.pull_spec("iib-build:1"));
  CHECK_THAT(text_of(document, "internal_index_image_copy_resolved"),
             Catch::StartsWith(site.pull_spec("iib-build@sha256:")));
  CHECK_FALSE(site.registry().manifest("iib-build", "1").empty());
}

TEST_CASE("bundles of the deprecation list are deprecated, others only told in the log",
          "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto old = site.push_bundle("otter-operator", "0.1.0");
  const auto now = site.push_bundle("otter-operator", "0.2.0");
  const auto next = site.push_bundle("otter-operator", "0.3.0");
  const auto elsewhere = site.push_bundle("heron-operator", "1.0.0");
  const auto index =
      build_index(daemon, "add", site.add_body({old, now}, {.add_arches = {"amd64"}}));
  const auto document = build(
      daemon, "add",
      site.add_body({next},
                    {.from_index = index,
                     .more = fmt::format(R"(,"deprecation_list":["{}","{}"])", now, elsewhere)}));
  REQUIRE(text_of(document, "state") == "complete");
  IndexDatabase database{site.registry(), text_of(document, "index_image")};
  CHECK(database.query("SELECT operatorbundle_name FROM deprecated ORDER BY 1") ==
        Rows{{"otter-operator.v0.2.0"}});
  CHECK(bundles_of(site.registry(), text_of(document, "index_image")) ==
        std::vector<std::string>{"otter-operator.v0.2.0", "otter-operator.v0.3.0"});
}

TEST_CASE("the update graph follows the mode that was asked for", "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  const auto first = site.push_bundle("otter-operator", "0.1.0");
  Daemon daemon{site.state(),
                site.configuration(fmt::format("iib_graph_mode_index_allow_list: ['{}']\n",
                                               site.pull_spec("iib-build")))};
  daemon.start();
  const auto index = build_index(daemon, "add", site.add_body({first}, {.add_arches = {"amd64"}}));
  // 0.3.0 replaces 0.2.0, which the index lacks: what mode replaces refuses.
  const auto third = site.push_bundle("otter-operator", "0.3.0");
  const auto add = [&](const std::string& more) {
    return build(daemon, "add", site.add_body({third}, {.from_index = index, .more = more}));
  };
  CHECK(text_of(add(""), "state") == "failed");
  const auto document = add(R"(,"graph_update_mode":"semver")");
  CHECK(text_of(document, "state") == "complete");
  CHECK(text_of(document, "graph_update_mode") == "semver");
}

TEST_CASE("a bundle that substitutes another takes its place in the index", "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const TempDir scratch{fs::temp_directory_path()};
  const auto folder = scratch.path() / "bundle";
  fs::copy(sample_bundle("otter-operator", "0.3.0"), folder, fs::copy_options::recursive);
  const auto csv = folder / "manifests" / "otter-operator.clusterserviceversion.yaml";
  auto text = std::regex_replace(read_file(csv, 1'000'000), std::regex{"olm.skipRange: .*"},
                                 "olm.substitutesFor: otter-operator.v0.2.0");
  text = std::regex_replace(text, std::regex{"replaces: otter-operator.v0.2.0"},
                            "replaces: otter-operator.v0.1.0");
  std::ofstream{csv} << text;
  const auto substitute = site.push_image("otter-fixed", bundle_image(folder));
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto index = build_index(daemon, "add",
                                 site.add_body({site.push_bundle("otter-operator", "0.1.0"),
                                                site.push_bundle("otter-operator", "0.2.0")},
                                               {.add_arches = {"amd64"}}));

  const auto result =
      build_index(daemon, "add", site.add_body({substitute}, {.from_index = index}));

  IndexDatabase database{site.registry(), result};
  CHECK(database.query("SELECT substitutesfor FROM operatorbundle "
                       "WHERE name = 'otter-operator.v0.3.0'") == Rows{{"otter-operator.v0.2.0"}});
  const auto heads = database.query("SELECT DISTINCT head_operatorbundle_name FROM channel");
  CHECK(heads == Rows{{"otter-operator.v0.3.0"}});
}

TEST_CASE("related images that do not exist fail the request, all of them named", "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto bundle = site.push_image(
      "moved-bundle", bundle_with_images_at(site.registry().address(), site.directory() / "moved"));
  const auto body =
      site.add_body({bundle}, {.add_arches = {"amd64"}, .more = R"(,"check_related_images":true)"});
  push_missing(site, reason_of(build(daemon, "add", body)));
  CHECK(text_of(build(daemon, "add", body), "state") == "complete");
}

TEST_CASE("related images are looked for where those of the user lie by now", "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  // Nobody may ask there, so that whoever does ends at once.
  const std::string old = "127.0.0.1:1";
  Daemon daemon{site.state(),
                site.configuration(fmt::format("iib_trusted_proxies: [127.0.0.1]\n"
                                               "iib_related_image_registry_replacement:\n"
                                               "  tern: {{'{0}': '{1}', '{1}': '{0}'}}\n"
                                               "  heron: {{quay.io: '{1}'}}\n",
                                               old, site.registry().address()))};
  daemon.start();
  const auto bundle =
      site.push_image("old-bundle", bundle_with_images_at(old, site.directory() / "old"));
  const auto body =
      site.add_body({bundle}, {.add_arches = {"amd64"}, .more = R"(,"check_related_images":true)"});
  push_missing(site, reason_of(add_as(daemon, "tern", body)));
  CHECK(text_of(add_as(daemon, "tern", body), "state") == "complete");
  for (const std::string user : {"heron", ""}) {
    CAPTURE(user);
    CHECK_THAT(reason_of(add_as(daemon, user, body)), Contains(old + "/wetland/otter-server"));
  }
}

}  // namespace iib::test
