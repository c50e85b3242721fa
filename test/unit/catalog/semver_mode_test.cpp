#include "index_fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

using catalog::ProblemKind;
using catalog::UpdateMode;
using Calls = std::vector<std::vector<std::string>>;

constexpr catalog::AddOptions kSemver{.mode = UpdateMode::semver};
constexpr catalog::AddOptions kSkippatch{.mode = UpdateMode::semver_skippatch};

}  // namespace

TEST_CASE("semver mode makes a chain by version", "[catalog][semver]") {
  const auto [name, calls, alpha] = GENERATE(table<std::string, Calls, std::string>({
      {"replaces and skips ignored (58)",
       {{"v1(1.0.0)"}, {"v3(3.0.0)"}, {"v2(2.0.0; replaces zz; skips q)"}},
       "1 v3 ->2 @0, 2 v2 ->3 @1, 3 v1 @2"},
      {"in one call",
       {{"v3(3.0.0)", "v1(1.0.0)", "v2(2.0.0)"}},
       "1 v3 ->2 @0, 2 v2 ->3 @1, 3 v1 @2"},
      {"lower than all", {{"v2(2.0.0)"}, {"v1(1.0.0)"}}, "1 v2 ->2 @0, 2 v1 @1"},
  }));
  CAPTURE(name);
  IndexFixture fixture;

  for (const auto& call : calls) fixture.add(call, kSemver);

  CHECK(fixture.entries("alpha") == alpha);
  CHECK(fixture.query("SELECT DISTINCT count(*) FROM properties WHERE type = 'olm.package' "
                      "GROUP BY operatorbundle_name") == "1");  // 59
}

TEST_CASE("semver-skippatch skips patches of the same minor version", "[catalog][semver]") {
  const auto [name, calls, alpha] = GENERATE(table<std::string, Calls, std::string>({
      {"patch (65)", {{"v1(1.0.0)"}, {"v2(1.0.1)"}}, "1 v2 @0, 2 v1 @1, 3 v2 ->2 @1"},
      {"minor after it (65)", {{"v1(1.0.0)"}, {"v2(1.1.0)"}}, "1 v2 ->2 @0, 2 v1 @1"},
      {"lower patches later (67)",
       {{"v3(1.0.2)"}, {"v2(1.0.1)"}, {"v1(1.0.0)"}},
       "1 v3 ->2 @0, 2 v2 ->3 @1, 3 v1 @2"},
  }));
  CAPTURE(name);
  IndexFixture fixture;

  for (const auto& call : calls) fixture.add(call, kSkippatch);

  CHECK(fixture.entries("alpha") == alpha);
}

TEST_CASE("the default channel in semver mode is the last one brought, or inferred",
          "[catalog][semver]") {
  const auto [name, calls, expected] = GENERATE(table<std::string, Calls, std::string>({
      {"inferred (61)", {{"v1(1.0.0, stable, beta, alpha)"}}, "alpha"},
      {"the last wins (62)",
       {{"v2(2.0.0, alpha, beta; default alpha)"}, {"v1(1.0.0, alpha; default beta)"}},
       "beta"},
  }));
  CAPTURE(name);
  IndexFixture fixture;

  for (const auto& call : calls) fixture.add(call, kSemver);

  CHECK(fixture.query("SELECT default_channel FROM package") == expected);
}

TEST_CASE("semver mode refuses what has no place in the chain", "[catalog][semver]") {
  const auto [name, mode, before, call, kind, text] =
      GENERATE(table<std::string, UpdateMode, Calls, std::string, ProblemKind, std::string>({
          {"equal version (60)",
           UpdateMode::semver,
           {{"v1(1.0.0)"}},
           "w(1.0.0+b)",
           ProblemKind::exists,
           "has bundle v1 with that version"},
          {"no such default channel (63)",
           UpdateMode::semver,
           {},
           "v1(1.0.0; default nope)",
           ProblemKind::default_channel,
           "nope"},
          {"no version (68)",
           UpdateMode::semver,
           {},
           "v1()",
           ProblemKind::invalid_graph,
           "no semantic version"},
          {"older minor line (66)",
           UpdateMode::semver_skippatch,
           {{"v1(1.0.0)"}, {"v2(1.1.0)"}},
           "v3(1.1.1)",
           ProblemKind::invalid_graph,
           "with the mode replaces"},
          {"there already",
           UpdateMode::semver,
           {{"v1(1.0.0)"}},
           "v1(1.0.0)",
           ProblemKind::exists,
           "already in the index"},
      }));
  CAPTURE(name);
  IndexFixture fixture;
  const catalog::AddOptions options{.mode = mode};
  for (const auto& earlier : before) fixture.add(earlier, options);
  const auto entries = fixture.index ? fixture.entries("alpha") : "";

  const auto problems = fixture.refusal({call}, options);

  CHECK(problems.front().kind == kind);
  CHECK(problems.front().text.find(text) != std::string::npos);
  CHECK((fixture.index ? fixture.entries("alpha") : "") == entries);
}

TEST_CASE("an equal version in another channel is fine (60)", "[catalog][semver]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"}, kSemver);

  fixture.add({"w(1.0.0+b, beta; default alpha)"}, kSemver);

  CHECK(fixture.entries("beta") == "1 w @0");
}

TEST_CASE("a bundle without a version in the package stops semver mode (68)", "[catalog][semver]") {
  IndexFixture fixture;
  fixture.add({"v1()"});

  CHECK(fixture.refusal({"v2(2.0.0)"}, kSemver).front().text.find("bundle v1 in it") !=
        std::string::npos);
}

TEST_CASE("semver modes clear the payloads of all bundles that head no channel (64)",
          "[catalog][semver]") {
  IndexFixture fixture;
  fixture.add({"a1(1.0.0; package pa)"});
  fixture.add({"a2(2.0.0; package pa; replaces a1)"});
  const auto cleared = [&] {
    return fixture.query("SELECT name FROM operatorbundle WHERE csv IS NULL AND bundle IS NULL");
  };
  REQUIRE(cleared().empty());

  SECTION("with a bundle of another package") {
    fixture.add({"b1(1.0.0; package pb)"}, kSemver);
    CHECK(cleared() == "a1");
  }
  SECTION("with no bundle at all") {
    fixture.add({}, kSemver);
    CHECK(cleared() == "a1");
  }
}

}  // namespace iib::test
