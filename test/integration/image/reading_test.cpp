#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "skip.hpp"
#include "tools_fixture.hpp"

#include <catch2/catch.hpp>

#include <stop_token>

using namespace iib::test::tools;

TEST_CASE("manifests are read byte for byte, lists with their architectures", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  const auto pushed = fixture.registry.push_base("ns/base", "1", kArchitectures);
  const auto access = fixture.access();

  const auto list = fixture.engine.manifest(fixture.reference("ns/base:1"), access);

  CHECK(list.kind == ManifestKind::list);
  CHECK(list.digest.text() == pushed);
  REQUIRE(list.entries.size() == 4);
  CHECK(list.entries[2].architecture == "ppc64le");
  const auto image = fixture.reference("ns/base").at(list.entries[2].digest);
  CHECK(fixture.engine.manifest(image, access).kind == ManifestKind::image);
  const auto config = fixture.engine.config(image, access);
  CHECK(config.architecture == "ppc64le");
  CHECK(config.labels.at("base") == "yes");
  CHECK(config.created == iib::parse_iso8601("2024-01-01T00:00:00Z"));
}

TEST_CASE("what the user named wrongly is told at once, by name", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  const auto access = fixture.access();

  CHECK_THROWS_AS(fixture.engine.manifest(fixture.reference("ns/none:1"), access), UserError);
  CHECK_THROWS_WITH(fixture.engine.manifest(fixture.reference("ns/none:1"), access),
                    Catch::Contains("ns/none:1") && Catch::Contains("manifest unknown"));
}

TEST_CASE("a registry by plain HTTP that is not named insecure is refused with the remedy",
          "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64"});
  auto options = fixture.options();
  options.insecure_registries.clear();
  ToolsEngine strict{fixture.runner, options, fixture.access().log};

  CHECK_THROWS_WITH(strict.manifest(fixture.reference("base:1"), fixture.access()),
                    Catch::Contains("iib_insecure_registries"));
}

TEST_CASE("a registry that does not answer is tried again", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  const auto nowhere = ImageReference::parse("127.0.0.1:1/a/b:1");

  try {
    (void)fixture.engine.manifest(nowhere, fixture.access());
    FAIL("nobody listens on port 1");
  } catch (const ExternalError& error) {
    CHECK(error.worth_retrying());
    CHECK_THAT(error.what(), Catch::Contains("127.0.0.1:1/a/b:1"));
  }
}

TEST_CASE("files are read out of images with their layers applied", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  const TestImage image{.layers = {{{.path = "manifests/old.yaml", .content = "old"},
                                    {.path = "manifests/csv.yaml", .content = "1"},
                                    {.path = "etc/passwd", .content = "no"}},
                                   {{.path = "manifests/csv.yaml", .content = "2"},
                                    {.path = "manifests/.wh.old.yaml", .content = ""}}},
                        .labels = {}};
  const auto digest = fixture.registry.push("bundle", "1", image);
  const auto access = fixture.access();
  const std::vector<std::string> paths{"manifests/", "metadata/"};

  fixture.engine.extract(fixture.reference("bundle").at(Digest::parse(digest)), paths,
                         access.work_directory / "out", access);

  CHECK(iib::read_file(access.work_directory / "out/manifests/csv.yaml", 100) == "2");
  CHECK_FALSE(fs::exists(access.work_directory / "out/manifests/old.yaml"));
  CHECK_FALSE(fs::exists(access.work_directory / "out/etc"));
  CHECK(std::distance(fs::directory_iterator{access.work_directory}, {}) == 2);  // the copy is gone
}

TEST_CASE("bundles whose archives point outside are refused by name", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  const auto [path, content, type] = GENERATE(table<std::string, std::string, TarEntry::Type>({
      {"../escaped", "evil", TarEntry::Type::file},
      {"/manifests/absolute", "evil", TarEntry::Type::file},
      {"manifests/link", "../../../etc/passwd", TarEntry::Type::symbolic_link},
      {"manifests/hard", "../../etc/passwd", TarEntry::Type::hard_link},
  }));
  CAPTURE(path);
  const TestImage image{.layers = {{{.path = path, .content = content, .type = type}}},
                        .labels = {}};
  const auto digest = fixture.registry.push("evil", "1", image);
  const auto access = fixture.access();
  const std::vector<std::string> paths{"manifests/"};

  CHECK_THROWS_WITH(fixture.engine.extract(fixture.reference("evil").at(Digest::parse(digest)),
                                           paths, access.work_directory / "out", access),
                    Catch::Contains("/evil@sha256") && Catch::Contains(path));
  CHECK_FALSE(fs::exists(access.work_directory / "escaped"));
}
