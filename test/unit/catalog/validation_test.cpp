#include "iib/catalog/validation.hpp"

#include "golden_support.hpp"
#include "iib/base/error.hpp"
#include "index_fixture.hpp"
#include "skip.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fstream>
#include <set>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using catalog::Problem;
using catalog::validate;
using Catch::Matchers::Contains;

/// One package with two channels, three bundles and a stub.
void fill(IndexFixture& fixture) {
  fixture.add({"v1(1.0.0, alpha)"});
  fixture.add({"v2(2.0.0, alpha, beta; replaces v1; skips v0; default alpha)"});
  fixture.add({"v3(3.0.0, beta; replaces v2; default beta)"});
}

/// What a validation tells after somebody changed the index by `sql`: kind and text, a line each.
std::string breaches_after(const std::string& sql) {
  IndexFixture fixture;
  fill(fixture);
  change_database(fixture.index->path, "PRAGMA foreign_keys = OFF;" + sql);
  std::string text;
  for (const auto& problem : validate(*fixture.index, fixture.work())) {
    text += fmt::format("{}: {}\n", to_string(problem.kind), problem.text);
  }
  return text;
}

std::string texts_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const auto& problem : problems) text += problem.text + "\n";
  return text;
}

}  // namespace

TEST_CASE("an index that was made by the rules is valid", "[catalog][validate]") {
  IndexFixture fixture;
  fixture.add({});
  CHECK(texts_of(validate(*fixture.index, fixture.work())).empty());
  fill(fixture);
  CHECK(texts_of(validate(*fixture.index, fixture.work())).empty());

  SECTION("with a bundle in no channel, and one without a version") {
    fixture.add({"w1(1.0.0; package other)"});
    fixture.add({"w2(2.0.0; package other)", "n1(; package none)"});
    CHECK(texts_of(validate(*fixture.index, fixture.work())).empty());
  }
  SECTION("with cleared payloads") {
    const catalog::AddOptions semver{.mode = catalog::UpdateMode::semver};
    fixture.add({"s1(1.0.0; package s)", "s2(2.0.0; package s)"}, semver);
    CHECK(texts_of(validate(*fixture.index, fixture.work())).empty());
  }
  SECTION("with deprecated bundles, and leftovers of versionless ones") {
    fixture.add({"n1(; package none)"});
    fixture.remove({"none"});
    const std::vector<std::string> middle{"reg/ns/v2:1"};
    fixture.index = fixture.engine.deprecate(*fixture.index, middle, {}, fixture.work());
    CHECK(texts_of(validate(*fixture.index, fixture.work())).empty());
  }
}

TEST_CASE("a validation tells each breach with its place and a remedy", "[catalog][validate]") {
  const auto [name, sql, expected] = GENERATE(table<std::string, std::string, std::string>({
      {"no default", "UPDATE package SET default_channel = NULL",
       "default-channel: package pk has no default channel: add a bundle"},
      {"another's default", "UPDATE package SET default_channel = 'nope'",
       "default-channel: package pk names the default channel nope, which it does not have"},
      {"no channel", "INSERT INTO package VALUES ('bare', 'x')",
       "invalid-index: package bare has no channel: remove the package"},
      {"no package", "DELETE FROM package",
       "invalid-index: channel beta belongs to package pk, which is not there"},
      {"no head", "UPDATE channel SET head_operatorbundle_name = NULL WHERE name = 'alpha'",
       "invalid-graph: channel alpha of package pk has the head '', which is no bundle"},
      {"a head that is not real",
       "UPDATE channel SET head_operatorbundle_name = 'v0' WHERE name = 'beta'",
       "invalid-graph: channel beta of package pk has the head 'v0', which is no bundle"},
      {"a head below", "UPDATE channel SET head_operatorbundle_name = 'v1' WHERE name = 'alpha'",
       "invalid-graph: channel alpha of package pk has no entry of depth 0 for its head v1"},
      {"two at the top", "UPDATE channel_entry SET depth = 0 WHERE operatorbundle_name = 'v1'",
       "invalid-graph: bundle v1 stands at the top of channel alpha of package pk beside the head "
       "v2"},
      {"an entry of no channel",
       "INSERT INTO channel_entry VALUES (99, 'gone', 'pk', 'v1', NULL, 0)",
       "invalid-index: bundle v1 has an entry in channel gone of package pk, which is not there"},
      {"an edge into nothing",
       "UPDATE channel_entry SET replaces = 99 WHERE channel_name = 'beta' AND depth = 0",
       "invalid-graph: an entry of bundle v3 in channel beta of package pk leads to none"},
      {"an edge into another channel",
       "UPDATE channel_entry SET replaces = (SELECT entry_id FROM channel_entry WHERE "
       "channel_name = 'alpha' AND depth = 0) WHERE channel_name = 'beta' AND depth = 0",
       "invalid-graph: an entry of bundle v3 in channel beta of package pk leads to none"},
      {"replaced by nothing", "DELETE FROM operatorbundle WHERE name = 'v1'",
       "replaces-missing: bundle v2 replaces v1 in channel alpha of package pk, which is not in"},
      {"unreachable",
       "UPDATE channel_entry SET replaces = NULL WHERE operatorbundle_name = 'v2' AND "
       "channel_name = 'alpha'",
       "prunes: bundle v1 is in channel alpha of package pk, but its head v2 does not lead to it"},
      {"a circle",
       "UPDATE channel_entry SET replaces = (SELECT entry_id FROM channel_entry AS e WHERE "
       "e.channel_name = 'beta' AND e.depth = 0) WHERE operatorbundle_name = 'v1' AND "
       "channel_name = 'beta'",
       "cycle: channel beta of package pk leads in a circle: v3 -> v2 -> v1 -> v3"},
      {"two packages", "INSERT INTO channel_entry VALUES (99, 'x', 'other', 'v1', NULL, 0)",
       "other-package: bundle v1 has entries in packages other and pk"},
      {"a mark of nothing", "INSERT INTO deprecated VALUES ('ghost')",
       "invalid-index: ghost is marked as deprecated and is no bundle"},
      {"a mark that nobody sees", "INSERT INTO deprecated VALUES ('v1')",
       "invalid-index: bundle v1 is marked as deprecated but has no property olm.deprecated"},
      {"nothing in it", "UPDATE operatorbundle SET csv = NULL, bundlepath = NULL WHERE name = 'v1'",
       "invalid-bundle: bundle v1 has neither contents nor a pull specification"},
      {"a property that is no JSON", "UPDATE properties SET value = '{' WHERE type = 'olm.package'",
       "invalid-bundle: bundle v1 has a property olm.package whose value is no JSON"},
      {"a dependency that is no JSON",
       "INSERT INTO dependencies VALUES ('olm.gvk', 'x', 'v1', '1.0.0', 'reg/ns/v1:1')",
       "invalid-bundle: bundle v1 has a dependency olm.gvk whose value is no JSON"},
      {"a property of another package",
       "UPDATE properties SET value = replace(value, '\"pk\"', '\"zz\"') WHERE type = "
       "'olm.package' AND operatorbundle_name = 'v2'",
       "invalid-bundle: bundle v2 is version '2.0.0' of package pk, but no property olm.package"},
      {"a row of no bundle", "INSERT INTO related_image VALUES ('reg/x:1', 'ghost')",
       "invalid-index: table related_image has rows of bundle ghost that refer to no row of table "
       "operatorbundle"},
      {"no semantic version", "UPDATE operatorbundle SET version = '1.0' WHERE name = 'v1'",
       "invalid-bundle: bundle v1 of package pk has the version '1.0', which is no semantic"},
      {"another version in the CSV",
       "UPDATE operatorbundle SET version = '1.0.1' WHERE name = 'v1'",
       "invalid-bundle: bundle v1 is version '1.0.1' in the index and '1.0.0' in its "
       "ClusterServiceVersion"},
      {"another name in the CSV",
       "UPDATE operatorbundle SET csv = replace(csv, '\"v1\"', '\"v9\"') WHERE name = 'v1'",
       "invalid-bundle: bundle v1 holds the ClusterServiceVersion of 'v9'"},
      {"a CSV that is no JSON", "UPDATE operatorbundle SET csv = '{' WHERE name = 'v1'",
       "invalid-bundle: the ClusterServiceVersion of bundle v1 cannot be read"},
      {"a manifest that is no JSON",
       "UPDATE operatorbundle SET bundle = bundle || 'oops' WHERE name = 'v1'",
       "invalid-bundle: manifest 2 of bundle v1 cannot be read"},
      {"a table that is missing", "DROP TABLE related_image", "related_image"},
      {"a column that is missing", "ALTER TABLE package RENAME COLUMN default_channel TO d",
       "default_channel"},
  }));
  CAPTURE(name);

  CHECK_THAT(breaches_after(sql), Contains(expected));
}

TEST_CASE("a file that is no index is one breach", "[catalog][validate]") {
  IndexFixture fixture;
  const auto path = fixture.directory() / "text.db";
  std::ofstream{path} << "no database, only text that goes on for a while\n";

  const auto problems = validate({.path = path}, fixture.work());

  REQUIRE(problems.size() == 1);
  CHECK(problems.front().kind == catalog::ProblemKind::invalid_index);
  CHECK_THROWS_AS(
      validate({.kind = catalog::CatalogKind::file_based, .path = path}, fixture.work()),
      catalog::Refused);
}

TEST_CASE("a damaged file is told as damaged", "[catalog][validate]") {
  IndexFixture fixture;
  fill(fixture);
  const auto size = fs::file_size(fixture.index->path);
  fs::resize_file(fixture.index->path, size - 4096);

  const auto text = texts_of(validate(*fixture.index, fixture.work()));

  CHECK_FALSE(text.empty());
}

TEST_CASE("an index of an older schema is told, and validated as it will be",
          "[catalog][validate]") {
  IndexFixture fixture;
  fill(fixture);
  change_database(fixture.index->path,
                  "DROP TABLE deprecated; UPDATE schema_migrations SET version = 11;"
                  "PRAGMA foreign_keys = OFF; UPDATE package SET default_channel = 'nope'");

  const auto text = texts_of(validate(*fixture.index, fixture.work()));

  CHECK_THAT(text, Contains("schema version 11, not 13"));
  CHECK_THAT(text, Contains("default channel nope"));
}

TEST_CASE("a long list of breaches is cut", "[catalog][validate]") {
  IndexFixture fixture;
  fill(fixture);
  change_database(fixture.index->path,
                  "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
                  "INSERT INTO deprecated SELECT 'ghost' || i FROM n");

  const auto problems = validate(*fixture.index, fixture.work());

  CHECK(problems.size() == 1001);
  CHECK_THAT(problems.back().text, Contains("may be more breaches"));
}

TEST_CASE("a graph of a hundred thousand bundles is walked in bounded time",
          "[catalog][validate]") {
  IndexFixture fixture;
  fill(fixture);
  change_database(fixture.index->path, R"sql(
    PRAGMA foreign_keys = OFF;
    DELETE FROM channel_entry WHERE channel_name = 'alpha';
    WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
    INSERT INTO channel_entry
    SELECT 1000 + i, 'alpha', 'pk', CASE i WHEN 0 THEN 'v2' ELSE 'b' || i END,
           CASE i WHEN 100000 THEN 1000 ELSE 1001 + i END, i FROM n;
  )sql");

  const auto text = texts_of(validate(*fixture.index, fixture.work()));

  CHECK_THAT(text, Contains("leads in a circle: v2 -> b1 -> b2"));
}

TEST_CASE("indexes of real bundles are valid after every change", "[catalog][validate][corpus]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the corpus is not there (IIBD_SHARED)");
  const auto mode = GENERATE(catalog::UpdateMode::replaces, catalog::UpdateMode::semver,
                             catalog::UpdateMode::semver_skippatch);
  IndexFixture fixture;
  const auto bundles = io::parse_json(read_file(*shared / "corpus" / "bundles.json", 64UL << 20U));
  std::set<std::string> packages;
  for (const auto& bundle : bundles.GetArray()) {
    const auto directory = std::string{io::text_member(bundle, "directory").value()};
    const auto package = directory.substr(0, directory.find('/'));
    packages.insert(package);
    if (packages.size() > 25 || package == "cockroachdb") continue;
    const std::vector<catalog::BundleSource> source{
        {.pull_spec = std::string{io::text_member(bundle, "image").value()},
         .directory = *shared / "corpus" / directory,
         .auth_file = {},
         .insecure_registries = {}}};
    try {
      fixture.index = fixture.engine.add(fixture.index, source, {.mode = mode}, fixture.work());
    } catch (const catalog::Refused&) {
      continue;  // the rules of the mode; the index stays as it was
    }
  }
  CHECK(texts_of(validate(*fixture.index, fixture.work())).empty());

  std::vector<std::string> middle;
  SQLite::Database database{fixture.index->path.string(), SQLite::OPEN_READONLY};
  SQLite::Statement read{database, R"sql(
    SELECT DISTINCT b.bundlepath FROM channel_entry AS e
      JOIN operatorbundle AS b ON b.name = e.operatorbundle_name
     WHERE e.depth = 1 AND b.name NOT IN (SELECT head_operatorbundle_name FROM channel)
  )sql"};
  while (read.executeStep()) middle.push_back(read.getColumn(0).getString());
  REQUIRE_FALSE(middle.empty());
  fixture.index = fixture.engine.deprecate(*fixture.index, middle, {.allow_package_removal = true},
                                           fixture.work());
  CHECK(texts_of(validate(*fixture.index, fixture.work())).empty());
}

}  // namespace iib::test
