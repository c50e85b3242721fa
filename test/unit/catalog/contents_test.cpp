#include "iib/catalog/contents.hpp"

#include "iib/base/files.hpp"
#include "index_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stop_token>

namespace iib::test {
namespace {

using catalog::Detail;
using catalog::PackageContents;
using catalog::read_contents;

/// A channel on one line: its head, then each node with its edges.
std::string sketch(const PackageContents& package, const std::string& channel_name) {
  for (const auto& channel : package.channels) {
    if (channel.name != channel_name) continue;
    std::string text = fmt::format("{}:", channel.head);
    for (const auto& node : channel.nodes) {
      text +=
          fmt::format(" {}{}", node.bundle, package.find_bundle(node.bundle) == nullptr ? "?" : "");
      if (!node.replaces.empty()) text += "->" + node.replaces;
      if (!node.skips.empty()) text += fmt::format("[{}]", fmt::join(node.skips, ","));
    }
    return text;
  }
  return "no such channel";
}

PackageContents only_package(const IndexFixture& fixture, Detail detail = Detail::full) {
  auto contents = read_contents(fixture.index.value(), {.packages = {}, .detail = detail}, {});
  REQUIRE(contents.packages.size() == 1);
  return contents.packages.front();
}

std::string refusal_of(const catalog::Catalog& index, const std::vector<std::string>& packages) {
  try {
    (void)read_contents(index, {.packages = packages}, {});
  } catch (const catalog::Refused& refused) {
    return fmt::format("{}: {}", to_string(refused.problems().front().kind), refused.what());
  }
  return "read";
}

}  // namespace

TEST_CASE("a channel is read from its head down, with stubs and skips", "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)", "v3(3.0.0; replaces v2; skips v1,vx)"});

  const auto package = only_package(fixture);

  CHECK(package.name == "pk");
  CHECK(package.default_channel == "alpha");
  CHECK(sketch(package, "alpha") == "v3: v3->v2[v1,vx] v1 vx? v2->v1");
  REQUIRE(package.bundles.size() == 3);
  CHECK(package.bundles[2].version == "3.0.0");
  CHECK(package.bundles[2].pull_spec == "reg/ns/v3:1");
  CHECK_FALSE(package.bundles[2].deprecated);
}

TEST_CASE("each channel has its own graph and head", "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0, alpha, beta; default beta)", "v2(2.0.0, beta; replaces v1)"});

  const auto package = only_package(fixture);

  CHECK(package.default_channel == "beta");
  CHECK(sketch(package, "alpha") == "v1: v1");
  CHECK(sketch(package, "beta") == "v2: v2->v1 v1");
}

TEST_CASE("a substitute and what it stands in for are read as other tools read them",
          "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({"a1(1.0.0)", "a2(2.0.0; replaces a1)", "a3(3.0.0; replaces a2)"});
  fixture.add({"a2s(2.0.0+1; substitutes a2; replaces a1)"}, {.enable_alpha = true});

  const auto package = only_package(fixture);

  CHECK(sketch(package, "alpha") == "a3: a3->a2s a2s->a1[a2] a2 a1");
  CHECK(package.find_bundle("a2s")->substitutes_for == "a2");
}

TEST_CASE("a deprecated bundle is told as such", "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)", "v3(3.0.0; replaces v2)"});
  const std::vector<std::string> deprecated{"reg/ns/v2:1"};
  fixture.index = fixture.engine.deprecate(fixture.index.value(), deprecated, {}, fixture.work());

  const auto package = only_package(fixture);

  CHECK(sketch(package, "alpha") == "v3: v3->v2 v2");
  CHECK(package.find_bundle("v2")->deprecated);
  CHECK_FALSE(package.find_bundle("v3")->deprecated);
  CHECK(package.find_bundle("v1") == nullptr);
}

TEST_CASE("skip ranges are read only in full", "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  change_database(fixture.index->path, "UPDATE operatorbundle SET skiprange = '<1.0.0'");

  CHECK(only_package(fixture, Detail::full).channels[0].nodes[0].skip_range == "<1.0.0");
  CHECK(only_package(fixture, Detail::overview).channels[0].nodes[0].skip_range.empty());
}

TEST_CASE("bundles that no channel holds are told with whole catalogs", "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  fixture.add({"v2(2.0.0)"});  // replaces nothing, so v1 loses its place

  const auto contents = read_contents(fixture.index.value(), {}, {});

  REQUIRE(contents.stranded.size() == 1);
  CHECK(contents.stranded[0].name == "v1");
  CHECK(read_contents(fixture.index.value(), {.packages = {"pk"}}, {}).stranded.empty());
}

TEST_CASE("named packages are read alone", "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({"a1(1.0.0; package heron)", "b1(1.0.0; package egret)"});

  const auto contents = read_contents(fixture.index.value(), {.packages = {"heron"}}, {});

  REQUIRE(contents.packages.size() == 1);
  CHECK(contents.packages[0].name == "heron");
  REQUIRE(contents.packages[0].bundles.size() == 1);
  CHECK(contents.packages[0].bundles[0].pull_spec == "reg/ns/a1:1");
}

TEST_CASE("a package that is not there is refused with similar names", "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({"a1(1.0.0; package heron-operator)", "b1(1.0.0; package egret)"});

  CHECK(refusal_of(*fixture.index, {"heron-oprator", "egret"}) ==
        "not-found: package heron-oprator is not in the catalog (did you mean heron-operator?)");
  CHECK(refusal_of(*fixture.index, {"heron"}) ==
        "not-found: package heron is not in the catalog (did you mean heron-operator?)");
  CHECK(refusal_of(*fixture.index, {"zebra"}) ==
        "not-found: package zebra is not in the catalog, which has 2 packages, none with a "
        "similar name");
}

TEST_CASE("a damaged graph is read as far as it goes", "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)"});
  const auto& path = fixture.index->path;

  SECTION("a cycle ends where it closes") {
    change_database(path, "UPDATE channel_entry SET replaces = 1 WHERE replaces IS NULL");
    CHECK(sketch(only_package(fixture), "alpha") == "v2: v2->v1 v1->v2");
  }
  SECTION("a bundle may replace itself") {
    change_database(path, "UPDATE channel_entry SET replaces = entry_id");
    CHECK(sketch(only_package(fixture), "alpha") == "v2: v2->v2 v1[v1]");
  }
  SECTION("an edge that leads nowhere is left out") {
    change_database(path, "UPDATE channel_entry SET replaces = 77 WHERE replaces IS NOT NULL");
    CHECK(sketch(only_package(fixture), "alpha") == "v2: v2 v1");
  }
  SECTION("a channel without a head, and one without a row, are there") {
    change_database(path,
                    "UPDATE channel SET head_operatorbundle_name = NULL;"
                    "INSERT INTO channel_entry (channel_name, package_name, operatorbundle_name,"
                    "  depth) VALUES ('lost', 'pk', 'v1', 0)");
    CHECK(sketch(only_package(fixture), "alpha") == ": v2[v1] v1");
    CHECK(sketch(only_package(fixture), "lost") == ": v1");
  }
}

TEST_CASE("an empty catalog has no packages", "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({});

  CHECK(read_contents(fixture.index.value(), {}, {}).packages.empty());
  CHECK(refusal_of(*fixture.index, {"pk"}).starts_with("not-found"));
}

TEST_CASE("databases of older versions are read as they are", "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)", "v3(3.0.0; replaces v2)"});
  const std::vector<std::string> deprecated{"reg/ns/v2:1"};
  fixture.index = fixture.engine.deprecate(fixture.index.value(), deprecated, {}, fixture.work());
  // Version 10: neither the column nor the table.
  change_database(fixture.index->path,
                  "DROP TABLE deprecated; ALTER TABLE operatorbundle DROP COLUMN substitutesfor;"
                  "UPDATE schema_migrations SET version = 10");

  const auto package = only_package(fixture);

  CHECK(sketch(package, "alpha") == "v3: v3->v2 v2");
  CHECK(package.find_bundle("v2")->deprecated);
}

TEST_CASE("a file that is no database is refused", "[catalog][contents]") {
  IndexFixture fixture;
  const auto file = fixture.directory() / "notes.txt";
  write_file_atomically(file, "not a database at all");

  CHECK(refusal_of({.path = file}, {}).starts_with("invalid-index"));
}

TEST_CASE("a stop ends the reading of a catalog", "[catalog][contents]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  std::stop_source stop;
  stop.request_stop();

  CHECK_THROWS_AS(read_contents(fixture.index.value(), {}, Cancellation{stop.get_token()}),
                  Cancelled);
}

}  // namespace iib::test
