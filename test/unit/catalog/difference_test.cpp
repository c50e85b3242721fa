#include "iib/catalog/difference.hpp"

#include "iib/io/json.hpp"
#include "index_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

namespace iib::test {
namespace {

using catalog::compare;
using catalog::Contents;
using catalog::describe;

Contents read(const IndexFixture& fixture) {
  return catalog::read_contents(fixture.index.value(), {}, {});
}

/// How a change of an index differs from what it was.
catalog::Difference made_by(IndexFixture& fixture, const std::function<void()>& change) {
  const auto before = read(fixture);
  change();
  return compare(before, read(fixture));
}

std::string text_of(const catalog::Difference& difference, std::size_t most_lines = 100) {
  return fmt::format("{}", fmt::join(describe(difference, most_lines), "\n"));
}

}  // namespace

TEST_CASE("equal catalogs do not differ", "[catalog][difference]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});

  const auto difference = compare(read(fixture), read(fixture));

  CHECK(difference.empty());
  CHECK(describe(difference, 10).empty());
}

TEST_CASE("an added bundle is told with its channels, heads and edges", "[catalog][difference]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0, alpha, beta; default beta)"});

  const auto difference = made_by(fixture, [&] {
    fixture.add({"v2(2.0.0, alpha, gamma; replaces v1; skips vx; default alpha)"});
  });

  CHECK(text_of(difference) ==
        "~ package pk\n"
        "~   default channel beta -> alpha\n"
        "+   bundle   v2  2.0.0  reg/ns/v2:1\n"
        "~   channel  alpha  head v1 -> v2\n"
        "+     v2 replaces v1\n"
        "+     v2 skips vx\n"
        "+   channel  gamma  head v2\n"
        "+     v2 replaces v1\n"
        "+     v2 skips vx");
}

TEST_CASE("packages that came or went are told", "[catalog][difference]") {
  IndexFixture fixture;
  fixture.add({"a1(1.0.0; package egret)", "a2(2.0.0; package egret; replaces a1)"});

  const auto difference = made_by(fixture, [&] {
    fixture.remove({"egret"});
    fixture.add({"b1(1.0.0, stable; package heron)"});
  });

  CHECK(text_of(difference) ==
        "- package egret, with 1 channel and 2 bundles\n"
        "+ package heron\n"
        "+   default channel stable\n"
        "+   bundle   b1  1.0.0  reg/ns/b1:1\n"
        "+   channel  stable  head b1");
}

TEST_CASE("a deprecation is told with what it took away", "[catalog][difference]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)", "v3(3.0.0; replaces v2)"});

  const auto difference = made_by(fixture, [&] {
    const std::vector<std::string> pull_specs{"reg/ns/v2:1"};
    fixture.index = fixture.engine.deprecate(*fixture.index, pull_specs, {}, fixture.work());
  });

  CHECK(text_of(difference) ==
        "~ package pk\n"
        "-   bundle   v1  1.0.0  reg/ns/v1:1\n"
        "~   bundle   v2  2.0.0  deprecated\n"
        "~   channel  alpha  head v3, as before\n"
        "-     v2 replaces v1");
}

TEST_CASE("an overwritten bundle is told by its pull specification", "[catalog][difference]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)"});

  const auto difference = made_by(fixture, [&] {
    fixture.add({"v2(2.0.1; replaces v1; path other/v2:2)"}, {.overwrite_latest = true});
  });

  CHECK(text_of(difference) ==
        "~ package pk\n"
        "~   bundle   v2  2.0.1  version 2.0.0 -> 2.0.1, pull spec reg/ns/v2:1 -> other/v2:2");
}

TEST_CASE("bundles that lose their channel are told twice: gone, and stranded",
          "[catalog][difference]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});

  const auto difference = made_by(fixture, [&] { fixture.add({"v2(2.0.0)"}); });

  CHECK(text_of(difference) ==
        "~ package pk\n"
        "-   bundle   v1  1.0.0  reg/ns/v1:1\n"
        "+   bundle   v2  2.0.0  reg/ns/v2:1\n"
        "~   channel  alpha  head v1 -> v2\n"
        "~ bundles without a channel\n"
        "+   bundle   v1  1.0.0  reg/ns/v1:1");
}

TEST_CASE("a long difference ends in the number of lines left out", "[catalog][difference]") {
  IndexFixture fixture;
  fixture.add({});
  const auto difference = made_by(fixture, [&] {
    fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)", "v3(3.0.0; replaces v2)"});
  });
  const auto all = describe(difference, 100);
  REQUIRE(all.size() == 8);

  CHECK(describe(difference, 8) == all);
  const auto most = describe(difference, 7);
  REQUIRE(most.size() == 7);
  CHECK(most[5] == all[5]);
  CHECK(most[6] == "... and 2 more lines");
  CHECK(describe(difference, 1) == std::vector<std::string>{"... and 8 more lines"});
}

TEST_CASE("deprecations of packages, channels and bundles are told with their messages",
          "[catalog][difference]") {
  Contents before;
  before.packages.push_back({"p", "a", {}, {}, {{"olm.channel", "a", "use b"}}});
  Contents after;
  after.packages.push_back({"p",
                            "a",
                            {},
                            {},
                            {{"olm.bundle", "p.v1", "use\n2"},
                             {"olm.channel", "a", "use c"},
                             {"olm.package", "", "use q"}}});

  const auto difference = compare(before, after);

  CHECK(compare(after, after).empty());
  CHECK(text_of(difference) ==
        "~ package p\n"
        "-   deprecation of channel a: use b\n"
        "+   deprecation of bundle p.v1: use\\n2\n"
        "+   deprecation of channel a: use c\n"
        "+   deprecation of the package: use q");
  CHECK_THAT(to_json(difference),
             Catch::Contains(R"("deprecations_removed":[{"schema":"olm.channel","name":"a",)"
                             R"("message":"use b"}])"));
  CHECK(after.packages.front().is_deprecated());
  CHECK_FALSE(before.packages.front().is_deprecated());
}

TEST_CASE("a difference keeps control characters from the terminal", "[catalog][difference]") {
  Contents before;
  Contents after;
  after.packages.push_back({"p\x1b[31m", "a\nb", {}, {}});

  CHECK(text_of(compare(before, after)) == "+ package p\\x1b[31m\n+   default channel a\\nb");
}

TEST_CASE("a difference is JSON for scripts", "[catalog][difference]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  const auto difference = made_by(fixture, [&] { fixture.add({"v2(2.0.0; replaces v1)"}); });

  CHECK(to_json(difference) ==
        R"({"packages":[{"name":"pk","change":"changed",)"
        R"("default_channel":{"before":"alpha","after":"alpha"},)"
        R"("channels":[{"name":"alpha","change":"changed","head":{"before":"v1","after":"v2"},)"
        R"("nodes_added":["v2"],"nodes_removed":[],)"
        R"("edges_added":[{"from":"v2","kind":"replaces","to":"v1"}],"edges_removed":[]}],)"
        R"("bundles":[{"name":"v2","change":"added","after":{"name":"v2","version":"2.0.0",)"
        R"("pull_spec":"reg/ns/v2:1","substitutes_for":"","deprecated":false}}],)"
        R"("deprecations_added":[],"deprecations_removed":[]}],)"
        R"("stranded":[]})");

  SECTION("also when names are no UTF-8") {
    Contents odd;
    odd.packages.push_back({"p\xff", "", {}, {}});
    const auto json = to_json(compare({}, odd));
    CHECK_NOTHROW(io::parse_json(json));
  }
}

}  // namespace iib::test
