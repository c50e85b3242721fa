#include "index_fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::test {

using catalog::ProblemKind;

TEST_CASE("a channel is walked down from its highest version", "[catalog][replaces]") {
  using Calls = std::vector<std::vector<std::string>>;
  const auto [name, calls, alpha] = GENERATE(table<std::string, Calls, std::string>({
      {"skips and depths (34)",
       {{"v1(1.0.0)", "v2(2.0.0; replaces v1)", "v3(3.0.0; replaces v2; skips v1,vx)"}},
       "1 v3 ->6 @0, 2 v1 @1, 3 v3 ->2 @1, 4 vx @2, 5 v3 ->4 @2, 6 v2 ->7 @3, 7 v1 @4"},
      {"stub then real (35)",
       {{"v2(2.0.0; skips v1)"}, {"v1(1.0.0)"}},
       "1 v2 @0, 2 v1 @1, 3 v2 ->2 @1"},
      {"old bundles lost silently (41)", {{"v1(1.0.0)"}, {"v2(2.0.0)"}}, "1 v2 @0"},
      {"build metadata counts (43)",
       {{"v1(1.0.0)", "v1b(1.0.0+1; replaces v1)"}},
       "1 v1b ->2 @0, 2 v1 @1"},
      {"one by one",
       {{"v1(1.0.0)"}, {"v2(2.0.0; replaces v1)"}, {"v3(3.0.0; replaces v2)"}},
       "1 v3 ->2 @0, 2 v2 ->3 @1, 3 v1 @2"},
      {"channel inherited by an edge (44)",
       {{"v1(1.0.0)"}, {"v2(2.0.0, beta; replaces v1; default alpha)"}},
       "1 v1 @0"},
      {"same pull specification twice counts once (3.1)", {{"v1(1.0.0)", "v1(1.0.0)"}}, "1 v1 @0"},
  }));
  CAPTURE(name);
  IndexFixture fixture;

  for (const auto& call : calls) fixture.add(call);

  CHECK(fixture.entries("alpha") == alpha);
}

TEST_CASE("the default channel follows the highest bundle that brings one", "[catalog][replaces]") {
  using Calls = std::vector<std::vector<std::string>>;
  const auto [name, calls, expected] = GENERATE(table<std::string, Calls, std::string>({
      {"maximum (45)",
       {{"v1(1.0.0)"},
        {"v2(2.0.0, beta; replaces v1; default beta)"},
        {"v15(1.5.0, gamma; default gamma)"}},
       "beta"},
      {"an empty one keeps it (46)",
       {{"v1(1.0.0; default alpha)"}, {"v2(2.0.0, beta; replaces v1)"}},
       "alpha"},
      {"a single channel needs none", {{"v1(1.0.0, stable)"}}, "stable"},
  }));
  CAPTURE(name);
  IndexFixture fixture;

  for (const auto& call : calls) fixture.add(call);

  CHECK(fixture.query("SELECT default_channel FROM package") == expected);
}

TEST_CASE("a bundle that breaks a rule is refused and the index stays as it was",
          "[catalog][replaces]") {
  using Call = std::vector<std::string>;
  const auto [name, before, call, kind,
              text] = GENERATE(table<std::string, Call, Call, ProblemKind, std::string>({
      {"nonexistent replaces (36)",
       {"v1(1.0.0)"},
       {"v3(3.0.0; replaces v2)"},
       ProblemKind::replaces_missing,
       "replaces v2, which is not in the index"},
      {"cycle of two (38)",
       {},
       {"v1(1.0.0; replaces v2)", "v2(2.0.0; replaces v1)"},
       ProblemKind::cycle,
       "bundle v1 (reg/ns/v1:1) in channel alpha of package pk replaces v2"},
      {"cycle of one (38)", {}, {"v1(1.0.0; replaces v1)"}, ProblemKind::cycle, "replaces v1"},
      {"head by version (39)",
       {},
       {"v1(2.0.0)", "v2(1.0.0; replaces v1)"},
       ProblemKind::prunes,
       "v2"},
      {"lower bundle (40)",
       {"v2(2.0.0)"},
       {"v1(1.0.0)"},
       ProblemKind::prunes,
       "its head v2 does not lead to it"},
      {"tie (42)", {}, {"v1(1.0.0)", "w(1.0.0)"}, ProblemKind::invalid_graph, "same version 1.0.0"},
      {"default does not exist (47)",
       {},
       {"v1(1.0.0; default beta)"},
       ProblemKind::default_channel,
       "beta"},
      {"two channels without default (48)",
       {},
       {"v1(1.0.0, alpha, beta)"},
       ProblemKind::default_channel,
       "alpha, beta"},
      {"there already (49)",
       {"v1(1.0.0)"},
       {"v1(1.0.0)"},
       ProblemKind::exists,
       "already in the index, as v1"},
      {"name there already (49)",
       {"v1(1.0.0)"},
       {"v1(1.0.0; path reg/ns/other:1)"},
       ProblemKind::exists,
       "from reg/ns/v1:1"},
      {"name twice in a call",
       {},
       {"v1(1.0.0)", "v1(1.0.0; path reg/ns/other:1)"},
       ProblemKind::exists,
       "same name as"},
      {"stranded bundle",
       {"v1(1.0.0)", "v2(2.0.0; replaces v1)"},
       {"v1(1.0.0; path other/x:1)"},
       ProblemKind::exists,
       "already in the index"},
      {"another package's bundle (50)",
       {"x1(1.0.0; package pa)"},
       {"y2(2.0.0; package pb; replaces x1)"},
       ProblemKind::other_package,
       "belongs to package pa"},
      {"another package's bundle by skips (50)",
       {"x1(1.0.0; package pa)"},
       {"y2(2.0.0; package pb; skips x1)"},
       ProblemKind::other_package,
       "skips x1, which belongs to package pa"},
      {"both in one call (50)",
       {},
       {"x1(1.0.0; package pa)", "y2(2.0.0; package pb; replaces x1)"},
       ProblemKind::other_package,
       "must belong to one package"},
      {"no semantic version", {}, {"v1(1.0)"}, ProblemKind::invalid_graph, "no semantic version"},
      {"skips itself", {}, {"v1(1.0.0; skips v1)"}, ProblemKind::invalid_graph, "no head"},
      {"substitutes", {}, {"v1(1.0.0; substitutes v0)"}, ProblemKind::unsupported, "alpha feature"},
  }));
  CAPTURE(name);
  IndexFixture fixture;
  if (!before.empty()) fixture.add(before);
  const auto source = fixture.index;
  const auto content = source ? read_file(source->path, 1UL << 30U) : "";

  const auto problems = fixture.refusal(call);

  CHECK(problems.front().kind == kind);
  CHECK(problems.front().text.find(text) != std::string::npos);
  CHECK(problems.front().text.find(problems.front().bundle) != std::string::npos);
  CHECK((source ? read_file(source->path, 1UL << 30U) : "") == content);
  std::size_t results = 0;
  for (const auto& entry : std::filesystem::directory_iterator{fixture.directory()}) {
    if (entry.path().filename().string().starts_with("index-")) ++results;
  }
  CHECK(results == (source ? 1 : 0));
}

TEST_CASE("the problems of all packages of a call are named at once (51)", "[catalog][replaces]") {
  IndexFixture fixture;

  const auto problems =
      fixture.refusal({"x1(1.0.0; package pa)", "y2(1.0.0; package pb; replaces y1)",
                       "z2(1.0.0; package pc; replaces z1)"});

  REQUIRE(problems.size() == 2);
  CHECK(problems[0].package == "pb");
  CHECK(problems[1].package == "pc");
  CHECK_FALSE(fixture.index.has_value());
}

TEST_CASE("what the old engine leaves stuck can be repaired by adding what is missing (37)",
          "[catalog][replaces]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  static_cast<void>(fixture.refusal({"v3(3.0.0; replaces v2)"}));

  fixture.add({"v2(2.0.0; replaces v1)"});
  fixture.add({"v3(3.0.0; replaces v2)"});

  CHECK(fixture.entries("alpha") == "1 v3 ->2 @0, 2 v2 ->3 @1, 3 v1 @2");
}

TEST_CASE("a stranded bundle blocks its name until it is pruned", "[catalog][replaces]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  fixture.add({"v2(2.0.0)"});

  const auto problems = fixture.refusal({"v1(1.0.0)"});

  CHECK(problems.front().kind == ProblemKind::exists);
  CHECK(problems.front().text.find("in no channel") != std::string::npos);
}

}  // namespace iib::test
