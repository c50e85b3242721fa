#include "index_fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

/// v3 -> v2 -> v1 in the channels alpha and stable.
void add_chain(IndexFixture& fixture) {
  fixture.add({"v1(1.0.0, alpha, stable; default alpha)",
               "v2(2.0.0, alpha, stable; replaces v1; default alpha)",
               "v3(3.0.0, alpha, stable; replaces v2; default alpha)"});
}

void deprecate(IndexFixture& fixture, const std::vector<std::string>& names,
               bool allow_package_removal = false) {
  std::vector<std::string> pull_specs;
  for (const auto& name : names) pull_specs.push_back("reg/ns/" + name + ":1");
  fixture.index = fixture.engine.deprecate(
      *fixture.index, pull_specs, {.allow_package_removal = allow_package_removal}, fixture.work());
}

std::string bundles(const IndexFixture& fixture) {
  return fixture.query(
      "SELECT group_concat(name) FROM (SELECT name FROM operatorbundle ORDER BY 1)");
}

std::string deprecated(const IndexFixture& fixture) {
  return fixture.query("SELECT group_concat(operatorbundle_name) FROM deprecated");
}

}  // namespace

TEST_CASE("a deprecated bundle becomes the last of its channels (74, 75)", "[catalog][deprecate]") {
  IndexFixture fixture;
  add_chain(fixture);

  deprecate(fixture, {"v2"});

  CHECK(bundles(fixture) == "v2,v3");
  CHECK(fixture.query("SELECT operatorbundle_name, depth, replaces IS NULL FROM channel_entry "
                      "ORDER BY channel_name, depth") == "v3|0|0\nv2|1|1\nv3|0|0\nv2|1|1");
  CHECK(deprecated(fixture) == "v2");
  const auto marks = [&] {
    return fixture.query(
        "SELECT count(*) FROM properties WHERE type = 'olm.deprecated' "
        "AND value = '{}' AND operatorbundle_name = 'v2'");
  };
  CHECK(marks() == "1");

  SECTION("and again one property more (75)") {
    deprecate(fixture, {"v2"});
    CHECK(marks() == "2");
  }
  SECTION("and a later walk stops there (76)") {
    fixture.add({"v4(4.0.0, alpha; replaces v3; default alpha)"});
    CHECK(fixture.entries("alpha") == "1 v4 ->2 @0, 2 v3 ->3 @1, 3 v2 @2");
    CHECK(fixture.query("SELECT replaces FROM operatorbundle WHERE name = 'v2'") == "v1");
  }
}

TEST_CASE("a deprecated head that is overwritten is no longer deprecated (57)",
          "[catalog][deprecate]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)", "v3(3.0.0; replaces v2)"});
  deprecate(fixture, {"v2"});
  const catalog::AddOptions overwrite{.overwrite_latest = true};

  SECTION("a channel whose head is deprecated goes") {
    fixture.add({"v3(3.0.0, beta; replaces v2; default beta; path reg/ns/new:1)"}, overwrite);
    CHECK(fixture.entries("beta") == "1 v3 ->2 @0, 2 v2 @1");
    CHECK(fixture.query("SELECT name FROM channel") == "beta");
  }
  SECTION("unless it is the default one") {
    const auto problems = fixture.refusal(
        {"v3(3.0.0, beta; replaces v2; default alpha; path reg/ns/new:1)"}, overwrite);
    CHECK(problems.front().kind == catalog::ProblemKind::default_channel);
  }
}

TEST_CASE("what other channels need stays (77, 78)", "[catalog][deprecate]") {
  IndexFixture fixture;

  SECTION("a tail in another channel") {
    fixture.add({"v1(1.0.0, stable; default stable)"});
    fixture.add({"s1(1.1.0, stable; replaces v1; default stable)"});
    fixture.add({"v2(2.0.0, alpha; replaces v1; default stable)"});
    deprecate(fixture, {"v2"});
    CHECK(bundles(fixture) == "s1,v1,v2");
    CHECK(fixture.entries("alpha").empty());
    CHECK(fixture.query("SELECT name FROM channel") == "stable");
    CHECK(deprecated(fixture) == "v2");
  }
  SECTION("a bundle skipped from above") {
    fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)", "v3(3.0.0; replaces v2; skips v1)",
                 "v4(4.0.0; replaces v3)"});
    deprecate(fixture, {"v2"});
    CHECK(bundles(fixture) == "v1,v2,v3,v4");
    CHECK(fixture.query("SELECT count(*) FROM channel_entry WHERE operatorbundle_name = 'v1'") ==
          "0");
  }
}

TEST_CASE("the default head goes only with its whole package (79, 80)", "[catalog][deprecate]") {
  IndexFixture fixture;
  fixture.add({"s1(1.0.0, stable; default stable)"});
  fixture.add({"v2(2.0.0, alpha; default stable)"});

  CHECK_THROWS_WITH(deprecate(fixture, {"s1"}),
                    Catch::Contains("package pk would lose its default channel stable"));
  CHECK_THROWS_WITH(deprecate(fixture, {"s1"}, true),
                    Catch::Contains("add v2 (reg/ns/v2:1), the head of channel alpha"));
  deprecate(fixture, {"s1", "v2", "s1"}, true);
  CHECK(fixture.query("SELECT count(*) FROM package") == "0");
  CHECK(bundles(fixture) == "null");
}

TEST_CASE("a refused deprecation leaves nothing half done (81, 82)", "[catalog][deprecate]") {
  IndexFixture fixture;
  fixture.add(
      {"a1(1.0.0; package pa)", "a2(2.0.0; package pa; replaces a1)", "b1(1.0.0; package pb)"});

  CHECK_THROWS_AS(deprecate(fixture, {"a2", "b1"}), catalog::Refused);
  CHECK_THROWS_WITH(deprecate(fixture, {"a1", "x", "y"}),
                    Catch::Contains("reg/ns/x:1") && Catch::Contains("reg/ns/y:1"));
  CHECK(deprecated(fixture) == "null");
}

TEST_CASE("the order of deprecated bundles does not matter (83)", "[catalog][deprecate]") {
  const auto order = GENERATE(std::vector<std::string>{"v3", "v1", "v2"},
                              std::vector<std::string>{"v1", "v2", "v3"});
  IndexFixture fixture;
  fixture.add(
      {"v1(1.0.0)", "v2(2.0.0; replaces v1)", "v3(3.0.0; replaces v2)", "v4(4.0.0; replaces v3)"});

  deprecate(fixture, order);

  CHECK(bundles(fixture) == "v3,v4");
  CHECK(deprecated(fixture) == "v3");
}

TEST_CASE("pruning keeps the named packages (72)", "[catalog][prune]") {
  IndexFixture fixture;
  fixture.add({"a1(1.0.0; package pa)", "b1(1.0.0; package pb)", "c1(1.0.0; package pc)"});

  fixture.index = fixture.engine.prune(*fixture.index, std::vector<std::string>{"pb", "nosuch"},
                                       fixture.work());

  CHECK(fixture.query("SELECT name FROM package") == "pb");
  CHECK(bundles(fixture) == "b1");
}

TEST_CASE("stranded bundles are pruned, live ones with foreign properties are not (73)",
          "[catalog][prune]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  auto files = files_of("v2(2.0.0)");
  files["metadata/properties.yaml"] =
      "properties: [{type: olm.package, value: {packageName: zzz, version: 1.0.0}}]";
  fixture.add_files(files, "reg/ns/v2:1");

  fixture.index = fixture.engine.prune_stranded(*fixture.index, fixture.work());

  CHECK(bundles(fixture) == "v2");
  CHECK(fixture.entries("alpha") == "1 v2 @0");
}

}  // namespace iib::test
