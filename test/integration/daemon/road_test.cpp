#include "iib/io/process.hpp"
#include "index_image.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>
#include <set>

namespace iib::test {
namespace {

constexpr auto kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr auto kDockerImage = "application/vnd.docker.distribution.manifest.v2+json";
constexpr auto kDatabaseLabel = "operators.operatorframework.io.index.database.v1";

/// rest-api 4.1 and 4.2.
const std::set<std::string> kKeysOfAdd{"arches",
                                       "batch",
                                       "batch_annotations",
                                       "binary_image",
                                       "binary_image_resolved",
                                       "build_tags",
                                       "bundle_mapping",
                                       "bundles",
                                       "check_related_images",
                                       "deprecation_list",
                                       "distribution_scope",
                                       "from_index",
                                       "from_index_resolved",
                                       "graph_update_mode",
                                       "id",
                                       "index_image",
                                       "index_image_resolved",
                                       "internal_index_image_copy",
                                       "internal_index_image_copy_resolved",
                                       "logs",
                                       "omps_operator_version",
                                       "organization",
                                       "removed_operators",
                                       "request_type",
                                       "state",
                                       "state_history",
                                       "state_reason",
                                       "updated",
                                       "user"};

std::set<std::string> keys_of(const io::JsonValue& object) {
  std::set<std::string> keys;
  for (const auto& member : object.GetObject()) keys.emplace(member.name.GetString());
  return keys;
}

std::string sole_element(const io::JsonValue& config, const char* key) {
  return io::to_json(config["config"][key]);
}

std::string channel_entries(IndexDatabase& database) {
  std::string text;
  for (const auto& row : database.query(R"sql(
         SELECT entry.channel_name, entry.operatorbundle_name, entry.depth,
                replaced.operatorbundle_name
           FROM channel_entry AS entry
           LEFT JOIN channel_entry AS replaced ON replaced.entry_id = entry.replaces
          WHERE entry.package_name = 'otter-operator' AND entry.channel_name = 'stable'
          ORDER BY entry.depth, entry.operatorbundle_name, entry.entry_id)sql")) {
    text += fmt::format("{} {} @{} -> {}\n", row[0], row[1], row[2], row[3]);
  }
  return text;
}

}  // namespace

TEST_CASE("bundles for four architectures become one index image that shares its catalog",
          "[road]") {
  IIBD_NEEDS_TOOLS();
  Site site{{"s390x", "amd64", "ppc64le", "arm64"}};
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const std::vector<std::string> bundles{
      site.push_bundle("otter-operator", "0.1.0"), site.push_bundle("otter-operator", "0.2.0"),
      site.push_bundle("otter-operator", "0.3.0"), site.push_bundle("heron-operator", "1.0.0")};
  const std::vector<std::string> architectures{"amd64", "arm64", "ppc64le", "s390x"};

  const auto document =
      build(daemon, "add",
            site.add_body(bundles, {.add_arches = {"s390x", "ppc64le", "arm64", "amd64"}}));
  INFO(daemon.log());
  REQUIRE(text_of(document, "state") == "complete");
  const auto index = read_index(site.registry(), text_of(document, "index_image"));

  CHECK(index.media_type == kDockerList);
  CHECK(index.architectures() == architectures);
  std::set<std::string> catalog_layers;
  for (const auto& image : index.images) {
    CAPTURE(image.architecture, io::to_json(image.config));
    CHECK(image.media_type == kDockerImage);
    CHECK(text_of(image.config, "architecture") == image.architecture);
    CHECK(text_of(image.config["config"]["Labels"], kDatabaseLabel) == "/database/index.db");
    CHECK(text_of(image.config["config"]["Labels"], "base") == "yes");
    CHECK(sole_element(image.config, "Entrypoint") == R"(["/bin/opm"])");
    CHECK(sole_element(image.config, "Cmd") ==
          R"(["registry","serve","--database","/database/index.db"])");
    CHECK(sole_element(image.config, "ExposedPorts") == R"({"50051/tcp":{}})");
    CHECK(image.layers.size() == 2);
    catalog_layers.insert(image.layers.back());
  }
  CHECK(catalog_layers.size() == 1);

  IndexDatabase database{site.registry(), index};
  CHECK(database.query("SELECT name, default_channel FROM package ORDER BY name") ==
        Rows{{"heron-operator", "stable"}, {"otter-operator", "stable"}});
  CHECK(database.query("SELECT package_name, name, head_operatorbundle_name FROM channel "
                       "ORDER BY package_name, name") ==
        Rows{{"heron-operator", "stable", "heron-operator.v1.0.0"},
             {"otter-operator", "candidate", "otter-operator.v0.3.0"},
             {"otter-operator", "stable", "otter-operator.v0.3.0"}});
  CHECK(channel_entries(database) ==
        "stable otter-operator.v0.3.0 @0 -> otter-operator.v0.2.0\n"
        "stable otter-operator.v0.2.1 @1 -> NULL\n"
        "stable otter-operator.v0.3.0 @1 -> otter-operator.v0.2.1\n"
        "stable otter-operator.v0.2.0 @2 -> otter-operator.v0.1.0\n"
        "stable otter-operator.v0.1.0 @3 -> NULL\n");

  const auto history = history_of(document);
  REQUIRE(history.size() == 6);
  CHECK(history[1] == "Resolving the bundles");
  CHECK(history[2] == "Resolving the images");
  CHECK(history[3] ==
        "Building the index image for the architectures: amd64, arm64, ppc64le, s390x");
  CHECK(history[4] == "Creating the manifest list");
}

TEST_CASE("the document of an ended add says what was made of what", "[road]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const std::vector<std::string> bundles{site.push_bundle("otter-operator", "0.2.0"),
                                         site.push_bundle("heron-operator", "1.0.0"),
                                         site.push_bundle("otter-operator", "0.1.0")};

  const auto document = build(daemon, "add", site.add_body(bundles, {.add_arches = {"amd64"}}));

  INFO(io::to_json(document));
  REQUIRE(text_of(document, "state") == "complete");
  CHECK_THAT(text_of(document, "binary_image_resolved"),
             Catch::StartsWith(site.pull_spec("base@sha256:")));
  CHECK(texts_of(document, "arches") == std::vector<std::string>{"amd64"});
  CHECK(texts_of(document, "bundles") == bundles);
  CHECK(texts_of(document["bundle_mapping"], "otter-operator") ==
        std::vector<std::string>{bundles[0], bundles[2]});
  CHECK(texts_of(document["bundle_mapping"], "heron-operator") ==
        std::vector<std::string>{bundles[1]});
  CHECK(text_of(document, "index_image") == site.pull_spec("iib-build:1"));
  CHECK(text_of(document, "internal_index_image_copy") == site.pull_spec("iib-build:1"));
  const auto resolved = text_of(document, "index_image_resolved");
  CHECK(read_index(site.registry(), resolved).architectures() == std::vector<std::string>{"amd64"});
  CHECK(text_of(document, "internal_index_image_copy_resolved") == resolved);
  CHECK(document["from_index"].IsNull());
  CHECK(keys_of(document) == kKeysOfAdd);
}

TEST_CASE("the log of a request is served once the request has ended", "[road]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");

  const auto id = submit(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64"}}));
  const auto path = fmt::format("/api/v1/builds/{}/logs", id);
  const auto early = daemon.get(path);
  const auto after = daemon.get(fmt::format("/api/v1/builds/{}", id));
  REQUIRE(text_of(daemon.wait_final(id), "state") == "complete");
  const auto log = daemon.get(path);

  // Unless it had ended by then.
  if (text_of(after.json, "state") == "in_progress") CHECK(early.status == 400);
  CHECK(log.status == 200);
  CHECK_THAT(log.headers.at("content-type"), Catch::StartsWith("text/plain"));
  CHECK_THAT(log.body, Catch::Contains(bundle));
  CHECK_THAT(log.body, Catch::Contains("Creating the manifest list"));
}

TEST_CASE("an index grows by what it lacks, and operators leave it", "[road]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto otter = site.push_bundle("otter-operator", "0.1.0");
  const auto heron = site.push_bundle("heron-operator", "1.0.0");
  const auto first = build_index(daemon, "add", site.add_body({otter}, {.add_arches = {"amd64"}}));

  const auto document = build(daemon, "add", site.add_body({otter, heron}, {.from_index = first}));
  INFO(daemon.log());
  REQUIRE(text_of(document, "state") == "complete");
  const auto second = text_of(document, "index_image");

  CHECK(second != first);
  CHECK(bundles_of(site.registry(), first) == std::vector<std::string>{"otter-operator.v0.1.0"});
  CHECK(bundles_of(site.registry(), second) ==
        std::vector<std::string>{"heron-operator.v1.0.0", "otter-operator.v0.1.0"});
  const auto history = history_of(document);
  CHECK(history.at(4) == "Checking which bundles are already in the index");
  CHECK(text_of(document, "from_index_resolved").find("@sha256:") != std::string::npos);
  const auto log = daemon.get("/api/v1/builds/2/logs");
  CHECK(log.body.find("already in the index") != std::string::npos);

  const auto removed =
      build(daemon, "rm", site.rm_body({"otter-operator"}, {.from_index = second}));
  REQUIRE(text_of(removed, "state") == "complete");
  CHECK(texts_of(removed, "removed_operators") == std::vector<std::string>{"otter-operator"});
  CHECK(removed["bundles"].Empty());
  IndexDatabase database{site.registry(), text_of(removed, "index_image")};
  CHECK(database.query("SELECT name FROM package") == Rows{{"heron-operator"}});
  CHECK(database.query("SELECT name FROM operatorbundle") == Rows{{"heron-operator.v1.0.0"}});
}

TEST_CASE("a bundle that the index has under another name is not added again, and the log warns",
          "[road]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto image = bundle_image(sample_bundle("otter-operator", "0.1.0"));
  const auto digest = site.registry().push("otter", "v1", image);
  REQUIRE(site.registry().push("mirror/otter", "v1", image) == digest);
  const auto mirrored = site.pull_spec("mirror/otter:v1");
  const auto index = build_index(
      daemon, "add", site.add_body({site.pull_spec("otter:v1")}, {.add_arches = {"amd64"}}));

  const auto id = submit(daemon, "add", site.add_body({mirrored}, {.from_index = index}));
  const auto document = daemon.wait_final(id);

  REQUIRE(text_of(document, "state") == "complete");
  CHECK_THAT(text_of(document, "state_reason"), Catch::Contains("0 of 1 bundles were added"));
  IndexDatabase database{site.registry(), text_of(document, "index_image")};
  CHECK(database.query("SELECT name, bundlepath FROM operatorbundle") ==
        Rows{{"otter-operator.v0.1.0", site.pull_spec("otter@" + digest)}});
  CHECK_THAT(
      daemon.get(fmt::format("/api/v1/builds/{}/logs", id)).body,
      Catch::Contains(fmt::format(
          "warning request-{}: bundle {} ({}) is already in the index and is not added again", id,
          mirrored, site.pull_spec("mirror/otter@" + digest))));
}

TEST_CASE("a bundle that is a manifest list or comes twice counts once, by its first entry",
          "[road]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto image = bundle_image(sample_bundle("otter-operator", "0.1.0"));
  const auto digest = site.registry().push("otter", "single", image);
  site.registry().push_list("otter", "list", {{"s390x", digest}});
  const auto single = site.pull_spec("otter:single");
  const auto list = site.pull_spec("otter:list");

  const auto pull_spec =
      build_index(daemon, "add", site.add_body({list, single, list}, {.add_arches = {"amd64"}}));

  IndexDatabase database{site.registry(), pull_spec};
  CHECK(database.query("SELECT name, bundlepath FROM operatorbundle") ==
        Rows{{"otter-operator.v0.1.0", site.pull_spec("otter@" + digest)}});
}

TEST_CASE("opm renders the index image of either engine", "[road]") {
  IIBD_NEEDS_TOOLS();
  if (!have_programs({"opm"})) IIBD_SKIP("needs opm on PATH");
  Site site{{"amd64", "arm64"}};
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto index = build_index(daemon, "add",
                                 site.add_body({site.push_bundle("otter-operator", "0.1.0")},
                                               {.add_arches = {"amd64", "arm64"}}));
  const TempDir directory{site.directory(), "opm-"};
  io::ProgramRunner programs{directory.path()};

  const auto exit = programs.run({.name = "opm",
                                  .arguments = {"render", "--use-http", index},
                                  .limit = std::chrono::minutes{1}},
                                 {});

  CAPTURE(exit.error_output);
  CHECK(exit.status == 0);
  CHECK_THAT(exit.output, Catch::Contains(R"("name": "otter-operator.v0.1.0")"));
}

}  // namespace iib::test
