#include "../index_fixture.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;
using Catch::Matchers::Contains;

/// A catalog without database, and fragments to take.
struct Site {
  CatalogTree root;
  CatalogTree first;
  CatalogTree second;
  IndexFixture fixture;

  Site() { root.write("p/catalog.json", small_package("p")); }

  catalog::Catalog take(const std::vector<fbc::Fragment>& fragments) {
    const catalog::Catalog from{.kind = catalog::CatalogKind::file_based, .path = root.root()};
    return fbc::take_fragments(from, fragments, fixture.engine, {}, fixture.work(),
                               [&](std::size_t number) { begun.push_back(number); });
  }

  std::vector<std::size_t> begun;
};

std::string refusal_of(Site& site, const std::vector<fbc::Fragment>& fragments) {
  try {
    static_cast<void>(site.take(fragments));
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("fragments are taken one after another, and repeats are told", "[fbc][fragments]") {
  Site site;
  site.first.write("q/catalog.json", small_package("q"));
  site.second.write("q/catalog.json", small_package("q") + R"({"schema":"x","package":"q"})");

  const auto result =
      site.take({{"reg/one:1", site.first.root()}, {"reg/two:1", site.second.root()}});

  CHECK(site.begun == std::vector<std::size_t>{0, 1});
  CHECK_THAT(read_file(result.path / "q/catalog.json", 1UL << 20U), Contains("\"x\""));
  CHECK_THAT(site.fixture.log(),
             Contains("package q is in fragment reg/one:1 and in reg/two:1: that of reg/two:1"));
  const auto difference = fbc::compare_trees(site.root.root(), result.path);
  CHECK(difference.written == std::vector<std::string>{"q/catalog.json"});
}

TEST_CASE("a fragment must not make a package vanish that it does not name", "[fbc][fragments]") {
  Site site;
  site.root.write("q/catalog.json", small_package("q") + small_package("guest"));
  site.first.write("q/catalog.json", small_package("q"));

  CHECK_THAT(refusal_of(site, {{"reg/one:1", site.first.root()}}),
             Contains("package guest") && Contains("q/catalog.json"));
}

TEST_CASE("a package is looked at as a whole when one of its files changes", "[fbc][fragments]") {
  Site site;
  site.root.write("q/package.json", R"({"schema":"olm.package","name":"q","defaultChannel":"s"})");
  site.root.write("elsewhere/q.yaml", R"(---
schema: olm.channel
name: s
package: q
entries:
- name: q.v1
)");
  const std::string bundle =
      R"({"schema":"olm.bundle","name":"q.v1","package":"q","image":"i","properties":[{"type":"olm.package","value":{"packageName":"q","version":"1.0.0"}}]})";

  SECTION("and is whole") {
    site.first.write("x/bundle.json", bundle);
    CHECK(refusal_of(site, {{"reg/one:1", site.first.root()}}).empty());
  }
  SECTION("and is not") {
    site.first.write("x/bundle.json", R"({"schema":"custom","package":"q"})");
    site.root.write("q/bundle.json", bundle);
    site.first.write("q/package.json",
                     R"({"schema":"olm.package","name":"q","defaultChannel":"s"})");
    CHECK_THAT(refusal_of(site, {{"reg/one:1", site.first.root()}}),
               Contains("elsewhere/q.yaml") && Contains("q.v1"));
  }
}

TEST_CASE("deprecations of a package that is not there are refused", "[fbc][fragments]") {
  Site site;
  const std::string text =
      R"({"schema":"olm.deprecations","package":"gone","entries":[{"reference":{"schema":"olm.package"},"message":"m"}]})";

  SECTION("when a fragment brings them") {
    site.first.write("q/catalog.json", small_package("q") + text);
    CHECK_THAT(refusal_of(site, {{"reg/one:1", site.first.root()}}),
               Contains("q/catalog.json") && Contains("gone"));
  }
  SECTION("not when they were there before") {
    site.root.write("_operator-deprecations-content/gone/gone.json", text);
    site.first.write("q/catalog.json", small_package("q"));
    CHECK(refusal_of(site, {{"reg/one:1", site.first.root()}}).empty());
  }
}

TEST_CASE("a fragment is named when it cannot be taken", "[fbc][fragments]") {
  Site site;

  SECTION("because it is not there") {
    CHECK_THAT(refusal_of(site, {{"reg/one:1", site.first.root() / "missing"}}),
               Contains("reg/one:1"));
  }
  SECTION("because a link stands for a package") {
    site.first.link("q", "/etc");
    CHECK_THAT(refusal_of(site, {{"reg/one:1", site.first.root()}}),
               Contains("reg/one:1") && Contains("q"));
  }
  SECTION("because it has a package of another directory") {
    site.first.write("x/catalog.json", small_package("p"));
    CHECK_THAT(refusal_of(site, {{"reg/one:1", site.first.root()}}),
               Contains("package p is there already"));
  }
  CHECK(fs::exists(site.root.root() / "p/catalog.json"));
}

TEST_CASE("the tops and bottoms of trees are compared", "[fbc][tree]") {
  const CatalogTree before;
  const CatalogTree after;
  for (const auto* tree : {&before, &after}) {
    tree->write("same/file", "1");
    tree->link("link", "same/file");
  }
  before.write("gone/deep/file", "1");
  before.write("gone-too/file", "1");
  before.write("changed", "1");
  before.write("turned/file", "1");
  after.write("changed", "2");
  after.write("turned", "1 and more");
  after.write("new/file", "1");

  const auto difference = fbc::compare_trees(before.root(), after.root());

  CHECK(difference.written == std::vector<std::string>{"changed", "new/file", "turned"});
  CHECK(difference.removed == std::vector<std::string>{"gone", "gone-too"});
  CHECK(difference.bytes_before == 5);
  CHECK(difference.bytes_after == 13);
}

}  // namespace iib::test
