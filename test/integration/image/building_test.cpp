#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/io/json.hpp"
#include "skip.hpp"
#include "test_layer.hpp"
#include "tools_fixture.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <set>
#include <stop_token>

using namespace iib::test::tools;

TEST_CASE("an index is built for four architectures, equal in content, on their own bases",
          "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", kArchitectures);

  const auto index = build_index(fixture, "iib-build:7", "the database");

  const auto access = fixture.access();
  const auto list = fixture.engine.manifest(fixture.reference("iib-build:7"), access);
  CHECK(list.digest == index.list);
  CHECK(list.media_type == "application/vnd.docker.distribution.manifest.list.v2+json");
  REQUIRE(list.entries.size() == 4);
  std::set<std::string> layers;
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(list.entries[i].architecture == kArchitectures[i]);
    CHECK(list.entries[i].digest == *index.images[i].reference.digest());
    const auto raw = fixture.registry.manifest("iib-build", list.entries[i].digest.text());
    CHECK(iib::model::Digest::of(raw) == list.entries[i].digest);
    const auto manifest = iib::io::parse_json(raw);
    CHECK(iib::io::text_member(manifest, "mediaType") ==
          "application/vnd.docker.distribution.manifest.v2+json");
    const auto& named = manifest["layers"];
    REQUIRE(named.Size() == 2);
    layers.insert(named[1]["digest"].GetString());
    const auto config = iib::io::parse_json(
        fixture.registry.blob("iib-build", manifest["config"]["digest"].GetString()));
    CHECK(config["architecture"] == kArchitectures[i].c_str());
    CHECK(config["os"] == "linux");
    CHECK(iib::io::to_json(config["config"]["Entrypoint"]) == R"(["/bin/opm"])");
    CHECK(iib::io::to_json(config["config"]["Cmd"]) ==
          R"(["registry","serve","--database","/database/it's here.db"])");
    CHECK(iib::io::to_json(config["config"]["ExposedPorts"]) == R"({"50051/tcp":{}})");
    CHECK(config["config"]["Labels"]["odd"] == R"(a=b, "c" 'd')");
    CHECK(config["config"]["Labels"]["base"] == "yes");
    CHECK(config["created"] == "2024-01-01T00:00:00Z");
  }
  REQUIRE(layers.size() == 1);
  const auto files = iib::test::read_layer(fixture.registry.blob("iib-build", *layers.begin()));
  CHECK(files.at("database/index.db") == "the database");
  CHECK(files.size() == 1);
  CHECK(count_in_storage(fixture, "containers") == 0);
  CHECK(count_in_storage(fixture, "images") == 4);  // the bases
}

TEST_CASE("the same inputs give the same digests, in another storage too", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64", "arm64"});
  const auto first = build_index(fixture, "iib-build:1", "the database");
  const auto again = build_index(fixture, "iib-build:1", "the database");

  CHECK(first.list == again.list);

  auto options = fixture.options();
  options.storage_directory = fixture.state.path() / "other";
  options.storage_driver = "vfs";
  const auto access = fixture.access();
  ToolsEngine other{fixture.runner, options, access.log};
  const auto base = other.manifest(fixture.reference("base:1"), access);
  const auto targets = targets_of(fixture, base, "base:1", "iib-build:1");
  const auto images =
      other.build_and_push(index_content(access.work_directory, "the database"), targets, access);
  CHECK(other.push_list(fixture.reference("iib-build:1"), images, access) == first.list);
}

TEST_CASE("an index read back is the base of nothing but its own database", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64"});
  const auto index = build_index(fixture, "iib-build:1", "the database");
  const auto access = fixture.access();
  const std::vector<std::string> paths{"/database/index.db"};

  fixture.engine.extract(index.images.front().reference, paths, access.work_directory / "out",
                         access);

  CHECK(iib::read_file(access.work_directory / "out/database/index.db", 100) == "the database");
}

TEST_CASE("several requests build at once", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64", "arm64"});
  constexpr int kRequests = 6;
  std::vector<Access> accesses;
  for (int i = 0; i < kRequests; ++i) accesses.push_back(fixture.access());
  const auto base = fixture.engine.manifest(fixture.reference("base:1"), accesses.front());
  std::vector<std::future<Digest>> running;
  for (int i = 0; i < kRequests; ++i) {
    running.push_back(std::async(std::launch::async, [&, i] {
      const auto& access = accesses[static_cast<std::size_t>(i)];
      // Two by two the same content, so that their images have the same id in the storage.
      const auto content = index_content(access.work_directory, std::to_string(i / 2));
      const auto output = "iib-build:" + std::to_string(i);
      const auto images = fixture.engine.build_and_push(
          content, targets_of(fixture, base, "base:1", output), access);
      return fixture.engine.push_list(fixture.reference(output), images, access);
    }));
  }

  std::vector<Digest> lists;
  for (auto& one : running) lists.push_back(one.get());

  for (std::size_t i = 0; i < lists.size(); i += 2) CHECK(lists[i] == lists[i + 1]);
  CHECK_FALSE(lists[0] == lists[2]);
  CHECK(count_in_storage(fixture, "containers") == 0);
  CHECK(count_in_storage(fixture, "images") == 2);
}

TEST_CASE("several files go together, with their modes, and leave the base's folders alone",
          "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64"});
  const auto access = fixture.access();
  const auto source = access.work_directory / "source";
  iib::write_file_atomically(make_directory(source) / "a", "A", 0600);
  const ImageContent content{.files = {{source / "a", "/manifests/one.yaml", 0644},
                                       {source / "a", "/manifests/deep/two [x].yaml", 0644},
                                       {source / "a", "/metadata/annotations.yaml", 0644},
                                       {source / "a", "/bin/tool", 0755}}};
  const auto base = fixture.engine.manifest(fixture.reference("base:1"), access);

  const auto images =
      fixture.engine.build_and_push(content, targets_of(fixture, base, "base:1", "out:1"), access);

  const auto manifest = iib::io::parse_json(
      fixture.registry.manifest("out", images.front().reference.digest()->text()));
  const auto files = iib::test::read_layer(
      fixture.registry.blob("out", manifest["layers"][1]["digest"].GetString()));
  CHECK(files.size() == 4);
  CHECK(files.at("manifests/deep/two [x].yaml") == "A");
  CHECK(files.at("metadata/annotations.yaml") == "A");
}

TEST_CASE("credentials reach the registry by the auth file", "[image][tools]") {
  if (!can_run() || !iib::test::have_programs({"htpasswd"})) IIBD_SKIP(kCannotRun);
  Fixture fixture{Login{"someone", "s3cret-word"}};
  fixture.registry.push_base("ns/base", "1", {"amd64"});
  const Secret right{"someone:s3cret-word"};
  const Secret wrong{"someone:guessed"};
  const auto base_name = fixture.reference("ns/base:1");

  SECTION("none: refused at once, naming registry and option") {
    CHECK_THROWS_WITH(fixture.engine.manifest(base_name, fixture.access()),
                      Catch::Contains(fixture.registry.address()) &&
                          Catch::Contains("iib_docker_config_template"));
  }
  SECTION("wrong ones: refused at once, without telling them") {
    try {
      (void)fixture.engine.manifest(base_name,
                                    fixture.access({.token = &wrong, .token_image = base_name}));
      FAIL("the password is wrong");
    } catch (const ExternalError& error) {
      CHECK_FALSE(error.worth_retrying());
      CHECK_THAT(error.what(), !Catch::Contains("guessed"));
    }
  }
  SECTION("a token for another repository does not help") {
    CHECK_THROWS_AS(
        fixture.engine.manifest(
            base_name,
            fixture.access({.token = &right, .token_image = fixture.reference("ns/other:1")})),
        ExternalError);
  }
  SECTION("right ones: pulled, built and pushed") {
    const auto access =
        fixture.access({.token = &right, .token_image = fixture.reference("whole:1")});
    const auto base = fixture.engine.manifest(base_name, access);
    const auto images =
        fixture.engine.build_and_push(index_content(access.work_directory, "db"),
                                      targets_of(fixture, base, "ns/base:1", "ns/out:1"), access);
    const auto list = fixture.engine.push_list(fixture.reference("ns/out:1"), images, access);
    CHECK(fixture.engine.manifest(fixture.reference("ns/out:1"), access).digest == list);
  }
}
