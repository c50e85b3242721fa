#include "catalog/bundle_reader.hpp"
#include "index_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

// What honest catalogs never hold, and real ones have held.

namespace iib::catalog {
namespace {

using test::change_database;
using test::files_of;
using test::IndexFixture;
using Calls = std::vector<std::vector<std::string>>;

constexpr AddOptions kAlpha{
    .mode = UpdateMode::replaces, .overwrite_latest = false, .enable_alpha = true};

/// `count` bundles of which each replaces the next, and the last one the first.
std::vector<std::string> ring(int count) {
  std::vector<std::string> bundles;
  for (int i = 1; i <= count; ++i) {
    bundles.push_back(fmt::format("v{}({}.0.0; replaces v{})", i, i, i % count + 1));
  }
  return bundles;
}

}  // namespace

TEST_CASE("a cycle is refused, however long it is", "[catalog][bad]") {
  const auto length = GENERATE(1, 2, 10);
  CAPTURE(length);
  IndexFixture fixture;

  const auto problems = fixture.refusal(ring(length));

  REQUIRE(problems.size() == 1);
  CHECK(problems.front().kind == ProblemKind::cycle);
  CHECK(problems.front().channel == "alpha");
  CHECK(problems.front().text.find("leads back to it: change spec.replaces") != std::string::npos);
  CHECK_FALSE(fixture.index.has_value());
}

TEST_CASE("a bundle that refers to itself is refused, in every mode", "[catalog][bad]") {
  const auto [how, mode] = GENERATE(table<std::string, UpdateMode>({
      {"replaces", UpdateMode::replaces},
      {"skips", UpdateMode::replaces},
      {"substitutes", UpdateMode::replaces},
      {"substitutes", UpdateMode::semver},
      {"substitutes", UpdateMode::semver_skippatch},
  }));
  CAPTURE(how);
  IndexFixture fixture;

  const auto problems =
      fixture.refusal({fmt::format("v1(1.0.0; {} v1)", how)},
                      {.mode = mode, .overwrite_latest = false, .enable_alpha = true});

  CHECK(problems.front().bundle == "v1");
  CHECK(problems.front().text.find("itself") + problems.front().text.find("replaces v1") !=
        2 * std::string::npos);
  CHECK_FALSE(fixture.index.has_value());
}

TEST_CASE("substitutes that stand for each other end in an answer", "[catalog][bad]") {
  IndexFixture fixture;
  std::vector<std::string> bundles;
  for (int i = 1; i <= 10; ++i) {
    bundles.push_back(fmt::format("v{}(1.0.{}; substitutes v{})", i, i, i % 10 + 1));
  }

  CHECK_FALSE(fixture.refusal(bundles, kAlpha).empty());
}

TEST_CASE("every walk of a graph broken by hand comes to its end", "[catalog][bad]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)", "v3(3.0.0; replaces v2)"});
  const auto [name, change] = GENERATE(table<std::string, std::string>({
      {"entries in a ring",
       "UPDATE channel_entry SET replaces = (SELECT entry_id FROM channel_entry"
       " WHERE operatorbundle_name = 'v3') WHERE operatorbundle_name = 'v1'"},
      {"entries that replace themselves", "UPDATE channel_entry SET replaces = entry_id"},
      {"bundles in a ring", "UPDATE operatorbundle SET replaces = 'v3' WHERE name = 'v1'"},
      {"bundles that skip themselves", "UPDATE operatorbundle SET skips = name"},
      {"substitutes in a ring",
       "UPDATE operatorbundle SET substitutesfor = CASE name WHEN 'v1' THEN 'v3'"
       " WHEN 'v2' THEN 'v1' ELSE 'v2' END"},
      {"a head that is no bundle",
       "PRAGMA foreign_keys = OFF; UPDATE channel SET head_operatorbundle_name = 'nobody'"},
      {"no versions", "UPDATE operatorbundle SET version = NULL, replaces = NULL, skips = NULL"},
      {"no entries", "DELETE FROM channel_entry"},
  }));
  CAPTURE(name);
  change_database(fixture.index->path, change);
  const auto broken = *fixture.index;
  const auto attempt = [&](const auto& change_index) {
    fixture.index = broken;
    try {
      change_index();
    } catch (const UserError& refused) {
      CHECK(std::string{refused.what()}.size() > 20);
    }
  };

  attempt([&] { static_cast<void>(fixture.engine.list(*fixture.index, fixture.work())); });
  for (const auto mode : {UpdateMode::replaces, UpdateMode::semver, UpdateMode::semver_skippatch}) {
    attempt([&] {
      fixture.add({"v4(4.0.0; replaces v3; substitutes v2)"},
                  {.mode = mode, .overwrite_latest = false, .enable_alpha = true});
    });
    attempt([&] {
      fixture.add({"v3(3.0.0; replaces v2; path reg/ns/other:1)"},
                  {.mode = mode, .overwrite_latest = true, .enable_alpha = true});
    });
  }
  attempt([&] {
    const std::vector<std::string> paths{"reg/ns/v2:1"};
    static_cast<void>(fixture.engine.deprecate(broken, paths, {}, fixture.work()));
  });
  attempt([&] { static_cast<void>(fixture.engine.prune_stranded(broken, fixture.work())); });
  attempt([&] { fixture.remove({"pk"}); });
}

TEST_CASE("a damaged database is refused by name, whatever the change", "[catalog][bad]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  const auto [name, size] = GENERATE(table<std::string, int>({
      {"empty", 0},
      {"part of the header", 50},
      {"one page", 4096},
      {"an odd number of bytes", 30'001},
      {"no database", -1},
  }));
  CAPTURE(name);
  if (size < 0) {
    std::ofstream{fixture.index->path} << std::string(10'000, 'x');
  } else {
    std::filesystem::resize_file(fixture.index->path, static_cast<std::uintmax_t>(size));
  }
  const auto broken = *fixture.index;

  if (size != 0) {  // an empty file is an empty database: there is nothing to lose
    CHECK_THROWS_AS(fixture.add({"v2(2.0.0; replaces v1)"}), UserError);
  }
  fixture.index = broken;
  CHECK_THROWS_AS(fixture.remove({"pk"}), UserError);
  CHECK(std::filesystem::exists(broken.path));
}

TEST_CASE("a newer schema is used only when no table and no column is missing", "[catalog][bad]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  change_database(fixture.index->path, "UPDATE schema_migrations SET version = 15");

  SECTION("with more than we know of") {
    change_database(fixture.index->path,
                    "ALTER TABLE package ADD COLUMN icon TEXT; CREATE TABLE novelty(x TEXT)");
    fixture.add({"v2(2.0.0; replaces v1)"});
    CHECK(fixture.entries("alpha") == "1 v2 ->2 @0, 2 v1 @1");
    CHECK(fixture.query("SELECT version FROM schema_migrations") == "15");
  }
  SECTION("without a column") {
    change_database(fixture.index->path, "ALTER TABLE operatorbundle DROP COLUMN substitutesfor");
    CHECK_THROWS_WITH(fixture.add({"v2(2.0.0; replaces v1)"}),
                      Catch::Contains("15") && Catch::Contains("substitutesfor"));
  }
}

TEST_CASE("an empty manifest is left out, and ten thousand are read", "[catalog][bad]") {
  IndexFixture fixture;
  auto files = files_of("v1(1.0.0)");

  SECTION("empty") {
    files["manifests/empty.yaml"] = "";
    fixture.add_files(files);
    CHECK(fixture.log().find("manifests/empty.yaml is left out: its first document is empty") !=
          std::string::npos);
  }
  SECTION("as many as there may be") {
    for (int i = 1; i < 10'000; ++i) {
      files[fmt::format("manifests/x{}.yaml", i)] = "kind: X";
    }
    const auto bundle = read_bundle(fixture.write(files, "reg/ns/b:1"), fixture.work().log);
    CHECK(std::count(bundle.objects.begin(), bundle.objects.end(), '\n') == 10'000);
  }
  SECTION("one more") {
    for (int i = 1; i <= 10'000; ++i) {
      files[fmt::format("manifests/x{}.yaml", i)] = "kind: X";
    }
    CHECK_THROWS_WITH(fixture.add_files(files), Catch::Contains("more than 10000 files"));
  }
}

TEST_CASE("a manifest of 200 MB is left out unread", "[catalog][bad]") {
  IndexFixture fixture;
  auto files = files_of("v1(1.0.0)");
  files["manifests/huge.yaml"] = "kind: X\n";
  const auto source = fixture.write(files, "reg/ns/b:1");
  std::filesystem::resize_file(source.directory / "manifests/huge.yaml", 200'000'000);

  const auto bundle = read_bundle(source, fixture.work().log);

  CHECK(bundle.objects == bundle.csv);
  CHECK(fixture.log().find("huge.yaml is left out: it is larger than 6 MiB") != std::string::npos);
}

TEST_CASE("files that are too large together are refused", "[catalog][bad]") {
  IndexFixture fixture;
  auto files = files_of("v1(1.0.0)");
  for (int i = 0; i < 12; ++i) {
    files[fmt::format("manifests/x{}.yaml", i)] = "kind: X\n#" + std::string(6'000'000, 'x');
  }

  CHECK_THROWS_WITH(fixture.add_files(files), Catch::Contains("larger than 64 MiB"));
}

TEST_CASE("the media type and image labels are not looked at (1, 3)", "[catalog][bad]") {
  IndexFixture fixture;
  auto files = files_of("v1(1.0.0)");
  files["metadata/annotations.yaml"] +=
      "  operators.operatorframework.io.bundle.mediatype.v1: plain+v0\n"
      "  operators.operatorframework.io.bundle.manifests.v1: elsewhere/\n";

  fixture.add_files(files);

  CHECK(fixture.query("SELECT name FROM package") == "pk");
}

TEST_CASE("the package is what the annotations say, whatever the ClusterServiceVersion says",
          "[catalog][bad]") {
  IndexFixture fixture;
  auto files = files_of("other.v1(1.0.0; package pk)");
  files["manifests/csv.yaml"] =
      "kind: ClusterServiceVersion\nmetadata:\n  name: other.v1\n  annotations:\n"
      "    olm.properties: '[{\"type\": \"olm.package\", \"value\": {\"packageName\": \"other\","
      " \"version\": \"9.0.0\"}}]'\nspec: {version: 1.0.0}\n";

  fixture.add_files(files);

  CHECK(fixture.query("SELECT DISTINCT package_name FROM channel_entry") == "pk");
  CHECK(fixture.query("SELECT count(*) FROM package WHERE name = 'other'") == "0");
}

TEST_CASE("a dependency that is given several times stays so (28)", "[catalog][bad]") {
  IndexFixture fixture;
  auto files = files_of("v1(1.0.0)");
  const std::string entry = "- {type: olm.gvk, value: {group: g.io, kind: K, version: v1}}\n";
  files["metadata/dependencies.yaml"] = "dependencies:\n" + entry + entry;
  files["manifests/csv.yaml"] +=
      "  customresourcedefinitions: {required: [{name: ks.g.io, version: v1, kind: K}]}\n";

  fixture.add_files(files);

  CHECK(fixture.query("SELECT count(*), count(DISTINCT value) FROM dependencies") == "3|1");
}

TEST_CASE("a version that is no semantic one is refused with bundle and remedy", "[catalog][bad]") {
  const auto version = GENERATE(as<std::string>{}, "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-01",
                                "1.0.0-", "latest", "1.0.0 ", "18446744073709551616.0.0");
  const auto mode =
      GENERATE(UpdateMode::replaces, UpdateMode::semver, UpdateMode::semver_skippatch);
  CAPTURE(version);
  IndexFixture fixture;
  auto files = files_of("v1(1.0.0)");
  files["manifests/csv.yaml"] =
      "kind: ClusterServiceVersion\nmetadata: {name: v1}\nspec: {version: \"" + version + "\"}\n";
  const std::vector<BundleSource> sources{fixture.write(files, "reg/ns/b:1")};

  CHECK_THROWS_WITH(fixture.engine.add(std::nullopt, sources, {.mode = mode}, fixture.work()),
                    Catch::Contains("bundle v1 (reg/ns/b:1)") &&
                        Catch::Contains("\"" + version + "\", which is no semantic version") &&
                        Catch::Contains("spec.version") && Catch::Contains("like 1.2.3"));
}

}  // namespace iib::catalog
