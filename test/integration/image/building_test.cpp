#include "iib/base/error.hpp"
#include "image_site.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <set>

namespace iib::test {
namespace {

using image::Access;
using model::Digest;

const std::vector<std::string> kArchitectures{"amd64", "arm64", "ppc64le", "s390x"};

}  // namespace

TEMPLATE_LIST_TEST_CASE("an index is built for four architectures, equal in content, on its bases",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  site.registry.push_base("base", "1", kArchitectures);

  const auto index = site.build_index(*engine, "iib-build:7", "the database");

  const auto list = engine->manifest(site.reference("iib-build:7"), site.access());
  CHECK(list.digest == index.list);
  CHECK(list.media_type == "application/vnd.docker.distribution.manifest.list.v2+json");
  REQUIRE(list.entries.size() == 4);
  std::set<std::string> layers;
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(list.entries[i].architecture == kArchitectures[i]);
    CHECK(list.entries[i].digest == *index.images[i].reference.digest());
    CHECK(index.images[i].architecture == kArchitectures[i]);
    const auto by_tag = site.registry.manifest("iib-build", "7-" + kArchitectures[i]);
    CHECK(Digest::of(by_tag) == list.entries[i].digest);
    const auto manifest = site.manifest_of(index.images[i].reference);
    REQUIRE(manifest["layers"].Size() == 2);
    layers.insert(manifest["layers"][1]["digest"].GetString());
    const auto config = site.config_of(index.images[i].reference);
    CHECK(config["architecture"] == kArchitectures[i].c_str());
  }
  CHECK(layers.size() == 1);
}

TEMPLATE_LIST_TEST_CASE("the same inputs give the same digests, in another state directory too",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  site.registry.push_base("base", "1", {"amd64", "arm64"});
  const auto engine = site.make_engine(TestType::kind);
  const auto other = site.make_engine(TestType::kind, "other");

  const auto first = site.build_index(*engine, "iib-build:1", "the database");

  CHECK(site.build_index(*engine, "iib-build:1", "the database").list == first.list);
  CHECK(site.build_index(*other, "iib-build:1", "the database").list == first.list);
  CHECK_FALSE(site.build_index(*engine, "iib-build:1", "another").list == first.list);
}

TEMPLATE_LIST_TEST_CASE("an index read back holds its own database", "[image][engines]",
                        EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  site.registry.push_base("base", "1", {"amd64"});
  const auto index = site.build_index(*engine, "iib-build:1", "the database");
  const auto access = site.access();
  const std::vector<std::string> paths{"/database/index.db"};

  engine->extract(index.images.front().reference, paths, access.work_directory / "out", access);

  CHECK(read_file(access.work_directory / "out/database/index.db", 100) == "the database");
}

TEMPLATE_LIST_TEST_CASE("an index is the base of the next one", "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto base = site.push("base", {.config = R"("history":[{"created_by":"ADD"}])"});
  const auto access = site.access();
  const auto one = site.build_one(*engine, index_content(access.work_directory, "one"), base);

  const auto two =
      site.build_one(*engine, index_content(access.work_directory, "two"), one.reference);

  CHECK(site.manifest_of(two.reference)["layers"].Size() == 3);
  CHECK(site.config_of(two.reference)["history"].Size() == 3);
  const std::vector<std::string> paths{"database"};
  engine->extract(two.reference, paths, access.work_directory / "out", access);
  CHECK(read_file(access.work_directory / "out/database/index.db", 100) == "two");
}

TEMPLATE_LIST_TEST_CASE("several requests build at once", "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  site.registry.push_base("base", "1", {"amd64", "arm64"});
  constexpr int kRequests = 6;
  std::vector<Access> accesses;
  for (int i = 0; i < kRequests; ++i) accesses.push_back(site.access());
  const auto base = engine->manifest(site.reference("base:1"), accesses.front());
  std::vector<std::future<Digest>> running;
  for (int i = 0; i < kRequests; ++i) {
    running.push_back(std::async(std::launch::async, [&, i] {
      const auto& access = accesses[static_cast<std::size_t>(i)];
      // Two by two the same content, so that their images have the same id in the storage.
      const auto content = index_content(access.work_directory, std::to_string(i / 2));
      const auto output = "iib-build:" + std::to_string(i);
      const auto images =
          engine->build_and_push(content, site.targets_of(base, "base:1", output), access);
      return engine->push_list(site.reference(output), images, access);
    }));
  }

  std::vector<Digest> lists;
  for (auto& one : running) lists.push_back(one.get());

  for (std::size_t i = 0; i < lists.size(); i += 2) CHECK(lists[i] == lists[i + 1]);
  CHECK_FALSE(lists[0] == lists[2]);
}

TEMPLATE_LIST_TEST_CASE("images go into a repository that has nothing of their base",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  Registry elsewhere;
  const auto base = site.push("base", {});
  const bool is_elsewhere = GENERATE(false, true);
  CAPTURE(is_elsewhere);
  const auto& registry = is_elsewhere ? elsewhere : site.registry;
  const auto engine =
      site.make_engine(TestType::kind, "engine", {site.registry.address(), elsewhere.address()});
  const auto access = site.access();
  const auto destination =
      model::ImageReference::parse(registry.address() + "/some/deep/repository:1");
  const std::vector<image::Target> targets{{"amd64", base, destination}};

  const auto images =
      engine->build_and_push(index_content(access.work_directory, "db"), targets, access);

  REQUIRE(images.size() == 1);
  const auto manifest = io::parse_json(
      registry.manifest("some/deep/repository", images[0].reference.digest()->text()));
  for (const auto& layer : manifest["layers"].GetArray()) {
    const std::string digest = layer["digest"].GetString();
    CHECK(Digest::of(registry.blob("some/deep/repository", digest)).text() == digest);
  }
}

TEMPLATE_LIST_TEST_CASE("credentials reach the registry by the auth file", "[image][engines]",
                        EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  if (!have_programs({"htpasswd"})) IIBD_SKIP("needs htpasswd");
  ImageSite site{Login{"someone", "s3cret-word"}};
  const auto engine = site.make_engine(TestType::kind);
  site.registry.push_base("ns/base", "1", {"amd64"});
  const Secret right{"someone:s3cret-word"};
  const Secret wrong{"someone:guessed"};
  const auto base_name = site.reference("ns/base:1");

  SECTION("none: refused at once, naming registry and option") {
    CHECK_THROWS_WITH(
        engine->manifest(base_name, site.access()),
        Catch::Contains(site.registry.address()) && Catch::Contains("iib_docker_config_template"));
  }
  SECTION("wrong ones: refused at once, without telling them") {
    try {
      (void)engine->manifest(base_name, site.access({.token = &wrong, .token_image = base_name}));
      FAIL("the password is wrong");
    } catch (const ExternalError& error) {
      CHECK_FALSE(error.worth_retrying());
      CHECK_THAT(error.what(), !Catch::Contains("guessed"));
    }
  }
  SECTION("a token for another repository does not help") {
    CHECK_THROWS_AS(
        engine->manifest(
            base_name, site.access({.token = &right, .token_image = site.reference("ns/other:1")})),
        ExternalError);
  }
  SECTION("right ones: pulled, built and pushed") {
    const auto access = site.access({.token = &right, .token_image = site.reference("whole:1")});
    const auto base = engine->manifest(base_name, access);
    const auto images =
        engine->build_and_push(index_content(access.work_directory, "db"),
                               site.targets_of(base, "ns/base:1", "ns/out:1"), access);
    const auto list = engine->push_list(site.reference("ns/out:1"), images, access);
    CHECK(engine->manifest(site.reference("ns/out:1"), access).digest == list);
  }
}

}  // namespace iib::test
