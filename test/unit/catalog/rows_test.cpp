#include "index_fixture.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

namespace iib::test {
namespace {

constexpr auto kCrd = R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: g.io
  names: {kind: Foo, plural: foos}
  versions: [{name: v1}]
)";

BundleFileTexts with_api(const std::string& notation) {
  auto files = files_of(notation);
  files["manifests/crd.yaml"] = kCrd;
  return files;
}

std::string bytes(const std::filesystem::path& path, std::size_t count) {
  return read_file(path, 1UL << 30U).substr(0, count);
}

}  // namespace

TEST_CASE("an empty index has the last schema and the form of a published file",
          "[catalog][rows]") {
  IndexFixture fixture;
  fixture.add({});

  CHECK(fixture.query("SELECT version FROM schema_migrations") == "13");
  CHECK(fixture.query("PRAGMA page_size") == "4096");
  CHECK(fixture.query("PRAGMA user_version") == "0");
  CHECK(fixture.query("PRAGMA journal_mode") == "delete");
  CHECK(fixture.query("PRAGMA auto_vacuum") == "0");
  CHECK(fixture.query("PRAGMA foreign_key_check").empty());
  CHECK(fixture.query("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name") ==
        "api_provider_cleanup\napi_requirer_cleanup");
  CHECK(fixture.query("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL") ==
        "pk");
  const auto permissions = std::filesystem::status(fixture.index->path).permissions();
  CHECK(static_cast<unsigned>(permissions) == 0644);
  CHECK(bytes(fixture.index->path, 15) == "SQLite format 3");
}

TEST_CASE("values are stored in the classes that readers expect (24, 25)", "[catalog][rows]") {
  IndexFixture fixture;
  auto files = files_of("v1()");
  files["metadata/dependencies.yaml"] = "dependencies: [{type: a, value: 1}, {type: b}]";
  fixture.add_files(files);

  CHECK(fixture.query("SELECT typeof(csv), typeof(bundle), version, replaces, skips, skiprange, "
                      "substitutesfor FROM operatorbundle") == "blob|blob|||||");
  CHECK(fixture.query("SELECT typeof(value), value, operatorbundle_version, operatorbundle_path "
                      "FROM properties WHERE type = 'olm.package' LIMIT 1") ==
        R"(text|{"packageName":"pk","version":""}|null|reg/ns/b:1)");
  CHECK(fixture.query("SELECT typeof(value) FROM dependencies ORDER BY type") == "blob\nnull");
}

TEST_CASE("each walk writes the package property once more (33)", "[catalog][rows]") {
  IndexFixture fixture;

  fixture.add({"v1(1.0.0, a, b; default a)", "v2(2.0.0, a; replaces v1; default a)",
               "v3(3.0.0, b; replaces v1; default a)"});

  CHECK(fixture.query("SELECT operatorbundle_name, count(*) FROM properties "
                      "WHERE type = 'olm.package' GROUP BY 1 ORDER BY 1") == "v1|3\nv2|2\nv3|2");
}

TEST_CASE("payloads are never cleared in replaces mode (52)", "[catalog][rows]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  fixture.add({"v2(2.0.0; replaces v1)"});

  CHECK(fixture.query("SELECT count(*) FROM operatorbundle WHERE csv IS NULL") == "0");
}

TEST_CASE("APIs of others survive a removal only while some API is required (69)",
          "[catalog][rows]") {
  IndexFixture fixture;
  fixture.add_files(with_api("a1(1.0.0; package pa)"), "reg/ns/a:1");
  fixture.add_files(with_api("b1(1.0.0; package pb)"), "reg/ns/b:1");

  SECTION("none is") {
    fixture.remove({"pa"});
    CHECK(fixture.query("SELECT count(*) FROM api") == "0");
    CHECK(fixture.query("SELECT count(*) FROM api_provider") == "0");
  }
  SECTION("one is") {
    auto files = files_of("c1(1.0.0; package pc)");
    files["manifests/csv.yaml"] =
        "kind: ClusterServiceVersion\nmetadata: {name: c1}\n"
        "spec: {version: 1.0.0, customresourcedefinitions: {required: "
        "[{name: foos.g.io, version: v1, kind: Foo}]}}";
    fixture.add_files(files, "reg/ns/c:1");
    fixture.remove({"pa"});
    CHECK(fixture.query("SELECT kind FROM api") == "Foo");
    CHECK(fixture.query("SELECT operatorbundle_name FROM api_provider") == "b1");
  }
}

TEST_CASE("removing a package removes all its rows", "[catalog][rows]") {
  IndexFixture fixture;
  fixture.add({"a1(1.0.0; package pa)", "b1(1.0.0; package pb)"});
  fixture.add({"a2(2.0.0; package pa; replaces a1; skips a0)"});

  fixture.remove({"pa", "pa"});

  CHECK(fixture.query("SELECT name FROM operatorbundle") == "b1");
  CHECK(fixture.query("SELECT name FROM package") == "pb");
  CHECK(fixture.query("SELECT package_name FROM channel") == "pb");
  CHECK(fixture.query("SELECT DISTINCT package_name FROM channel_entry") == "pb");
  CHECK(fixture.query("SELECT DISTINCT operatorbundle_name FROM properties") == "b1");
  CHECK(fixture.query("SELECT DISTINCT operatorbundle_name FROM related_image") == "b1");
}

TEST_CASE("rows of a bundle without a version survive its removal (70)", "[catalog][rows]") {
  IndexFixture fixture;
  fixture.add({"v1()"});

  fixture.remove({"pk"});

  CHECK(fixture.query("SELECT count(*) FROM operatorbundle") == "0");
  CHECK(fixture.query("SELECT DISTINCT operatorbundle_name FROM properties") == "v1");
}

TEST_CASE("removing names all packages that are not there and removes nothing (71)",
          "[catalog][rows]") {
  IndexFixture fixture;
  fixture.add({"a1(1.0.0; package pa)"});

  try {
    fixture.remove({"pa", "yyy", "zzz"});
    FAIL("accepted");
  } catch (const catalog::Refused& refused) {
    REQUIRE(refused.problems().size() == 2);
    CHECK(refused.problems()[0].kind == catalog::ProblemKind::not_found);
    CHECK(refused.problems()[0].package == "yyy");
    CHECK(refused.problems()[1].package == "zzz");
  }
  CHECK(fixture.query("SELECT name FROM package") == "pa");
}

TEST_CASE("bundles are listed by package and name, those in no channel left out",
          "[catalog][rows]") {
  IndexFixture fixture;
  fixture.add({"b1(1.0.0; package pb)", "a1(1.0.0; package pa)"});
  fixture.add({"a2(2.0.0; package pa)"});  // strands a1

  const auto bundles = fixture.engine.list(*fixture.index, fixture.work());

  REQUIRE(bundles.size() == 2);
  CHECK(bundles[0].package == "pa");
  CHECK(bundles[0].name == "a2");
  CHECK(bundles[0].version == "2.0.0");
  CHECK(bundles[0].pull_spec == "reg/ns/a2:1");
  CHECK(bundles[1].name == "b1");
}

TEST_CASE("a large removal shrinks the file", "[catalog][rows]") {
  IndexFixture fixture;
  auto files = files_of("big1(1.0.0; package big)");
  files["manifests/x.json"] = "{\"kind\":\"X\",\"x\":\"" + std::string(400'000, 'x') + "\"}";
  fixture.add_files(files, "reg/ns/big:1");
  fixture.add({"a1(1.0.0; package pa)"});
  const auto before = std::filesystem::file_size(fixture.index->path);

  fixture.remove({"big"});

  CHECK(std::filesystem::file_size(fixture.index->path) < before - 300'000);
  CHECK(fixture.query("PRAGMA freelist_count") == "0");
  CHECK(fixture.query("PRAGMA journal_mode") == "delete");
}

TEST_CASE("what is no usable index database is refused with the reason", "[catalog][rows]") {
  IndexFixture fixture;
  fixture.add({"a1(1.0.0)"});
  const auto path = fixture.index->path;
  const auto [name, change, reason] = GENERATE(table<std::string, std::string, std::string>({
      {"no database", "", "not an SQLite database"},
      {"too old", "UPDATE schema_migrations SET version = 4", "too old"},
      {"without a version", "DELETE FROM schema_migrations", "too old"},
      {"newer without a table", "DROP TABLE deprecated; UPDATE schema_migrations SET version = 14",
       "schema version 14"},
      {"without a table", "DROP TABLE related_image", "lacks table related_image"},
  }));
  CAPTURE(name);
  if (change.empty()) {
    std::ofstream{path} << "no database at all";
  } else {
    change_database(path, change);
  }

  CHECK_THROWS_WITH(fixture.remove({"pk"}), Catch::Contains(reason));
}

TEST_CASE("a newer schema is used when all tables are there", "[catalog][rows]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  change_database(fixture.index->path, "UPDATE schema_migrations SET version = 14");

  fixture.add({"v2(2.0.0; replaces v1)"});

  CHECK(fixture.query("SELECT version FROM schema_migrations") == "14");
  CHECK(fixture.entries("alpha") == "1 v2 ->2 @0, 2 v1 @1");
}

TEST_CASE("a truncated database is refused", "[catalog][rows]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  std::filesystem::resize_file(fixture.index->path, 5000);

  CHECK_THROWS_AS(fixture.remove({"pk"}), UserError);
}

TEST_CASE("a file-based catalog is refused by name", "[catalog][rows]") {
  IndexFixture fixture;
  const catalog::Catalog files{.kind = catalog::CatalogKind::file_based,
                               .path = fixture.directory()};

  CHECK_THROWS_WITH(fixture.engine.list(files, fixture.work()),
                    Catch::Contains("an index database is needed"));
}

TEST_CASE("a cancelled change leaves no result", "[catalog][rows]") {
  IndexFixture fixture;
  std::stop_source stop;
  stop.request_stop();
  auto work = fixture.work();
  work.cancellation = Cancellation{stop.get_token()};
  const std::vector<catalog::BundleSource> sources{
      fixture.write(files_of("v1(1.0.0)"), "reg/ns/b:1")};

  CHECK_THROWS_AS(fixture.engine.add({}, sources, {}, work), Cancelled);
}

}  // namespace iib::test
