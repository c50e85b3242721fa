#include "golden_support.hpp"
#include "iib/base/error.hpp"
#include "index_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using catalog::SourceUse;

catalog::Work in_place(const IndexFixture& fixture) {
  auto work = fixture.work();
  work.source_use = SourceUse::in_place;
  return work;
}

std::vector<catalog::BundleSource> bundles(IndexFixture& fixture,
                                           const std::vector<std::string>& notations) {
  std::vector<catalog::BundleSource> sources;
  for (const auto& notation : notations) {
    const auto name = notation.substr(0, notation.find('('));
    sources.push_back(fixture.write(files_of(notation), "reg/ns/" + name + ":1"));
  }
  return sources;
}

std::string schema_of(const fs::path& path) {
  SQLite::Database database{path.string(), SQLite::OPEN_READONLY};
  SQLite::Statement read{database, "SELECT name || sql FROM sqlite_master ORDER BY name"};
  std::string text;
  while (read.executeStep()) text += read.getColumn(0).getString() + "\n";
  return text;
}

void check_equal(const Tables& expected, const Tables& actual) {
  const auto unequal = difference(expected, actual);
  INFO(unequal);
  CHECK(unequal.empty());
}

}  // namespace

TEST_CASE("a change in place gives what the change of a copy gives", "[catalog]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)", "w1(1.0.0; package pw)"});
  const auto file = fixture.directory() / "user.db";
  fs::copy_file(fixture.index->path, file);
  catalog::Catalog changed{.path = file};
  const auto added = bundles(fixture, {"v3(3.0.0; replaces v2)", "x1(1.0.0; package px)"});
  const auto overwriting =
      std::vector{fixture.write(files_of("v3(3.0.0; replaces v2; skips v1)"), "reg/other/v3:1")};
  const catalog::AddOptions overwrite{.overwrite_latest = true};
  auto& engine = fixture.engine;

  auto copy = engine.add(fixture.index, added, {}, fixture.work());
  copy = engine.add(copy, overwriting, overwrite, fixture.work());
  copy = engine.deprecate(copy, std::vector<std::string>{"reg/ns/v2:1"}, {}, fixture.work());
  copy = engine.remove(copy, std::vector<std::string>{"pw"}, fixture.work());
  const auto work = in_place(fixture);
  CHECK(engine.add(changed, added, {}, work).path == file);
  CHECK(engine.add(changed, overwriting, overwrite, work).path == file);
  CHECK(engine.deprecate(changed, std::vector<std::string>{"reg/ns/v2:1"}, {}, work).path == file);
  CHECK(engine.remove(changed, std::vector<std::string>{"pw"}, work).path == file);

  check_equal(index_tables(copy.path, Depths::compare), index_tables(file, Depths::compare));
  CHECK(schema_of(copy.path) == schema_of(file));
  CHECK(schema_of(file) == schema_of(fixture.index->path));
  fixture.index = changed;
  CHECK(fixture.query("PRAGMA foreign_key_check").empty());
  CHECK(fixture.query("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a change in place that is refused leaves the file as it was", "[catalog]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  const auto& file = fixture.index->path;
  const auto before = index_tables(file, Depths::compare);
  const auto refused = bundles(fixture, {"v3(3.0.0; replaces v2)"});

  CHECK_THROWS_AS(fixture.engine.add(fixture.index, refused, {}, in_place(fixture)),
                  catalog::Refused);

  check_equal(before, index_tables(file, Depths::compare));
  CHECK_FALSE(fs::exists(fs::path{file} += "-journal"));
}

TEST_CASE("an overwriting that is refused late leaves the file as it was", "[catalog]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  const auto& file = fixture.index->path;
  const auto before = index_tables(file, Depths::compare);
  const auto refused =
      std::vector{fixture.write(files_of("v1(1.0.0; replaces nope)"), "reg/other/v1:1")};

  CHECK_THROWS_AS(
      fixture.engine.add(fixture.index, refused, {.overwrite_latest = true}, in_place(fixture)),
      catalog::Refused);

  check_equal(before, index_tables(file, Depths::compare));
}

TEST_CASE("an index changed in place is compacted when that saves much", "[catalog]") {
  IndexFixture fixture;
  auto files = files_of("v1(1.0.0)");
  files["manifests/weight.yaml"] = "kind: ConfigMap\ndata: " + std::string(1'000'000, 'x') + "\n";
  fixture.add_files(files);
  fixture.add({"w1(1.0.0; package pw)"});
  const auto& file = fixture.index->path;
  REQUIRE(fs::file_size(file) > 1'000'000);

  static_cast<void>(
      fixture.engine.remove(*fixture.index, std::vector<std::string>{"pk"}, in_place(fixture)));

  CHECK(fs::file_size(file) < 200'000);
  CHECK(fixture.query("SELECT name FROM operatorbundle") == "w1");
}

TEST_CASE("payloads that do not fit into memory come from the scratch file", "[catalog]") {
  IndexFixture fixture;
  std::vector<catalog::BundleSource> sources;
  constexpr int kBundles = 12;
  for (int i = 0; i < kBundles; ++i) {
    const auto name = "b" + std::to_string(i);
    auto files = files_of(name + "(1.0.0; package p" + std::to_string(i) + ")");
    files["manifests/weight.yaml"] = "kind: ConfigMap\ndata: " + name + std::string(1'000'000, 'x');
    sources.push_back(fixture.write(files, "reg/ns/" + name + ":1"));
  }

  fixture.index = fixture.engine.add({}, sources, {}, fixture.work());

  CHECK(fixture.query("SELECT count(*) FROM operatorbundle WHERE length(bundle) > 1000000 AND "
                      "instr(bundle, '\"data\":\"' || name || 'xxx') > 0 AND "
                      "instr(csv, '\"name\":\"' || name || '\"') > 0") == std::to_string(kBundles));
}

}  // namespace iib::test
