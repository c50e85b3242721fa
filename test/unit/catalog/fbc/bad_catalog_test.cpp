#include "iib/base/error.hpp"
#include "iib/catalog/fbc.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fstream>
#include <stop_token>
#include <string>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

fbc::Finding only_problem(const CatalogTree& tree) {
  const auto validation = fbc::validate(tree.root());
  REQUIRE(validation.problems.size() == 1);
  return validation.problems.front();
}

/// A text of `megabytes`, between `before` and `after`, that is never in memory.
void write_large(const fs::path& path, const std::string& before, std::size_t megabytes,
                 const std::string& after) {
  std::ofstream file{path, std::ios::binary};
  const std::string chunk(1UL << 20U, 'x');
  file << before;
  for (std::size_t i = 0; i < megabytes; ++i) file << chunk;
  file << after;
  REQUIRE(file.good());
}

}  // namespace

TEST_CASE("a text of 200 MB is refused by file and blob", "[fbc]") {
  const auto notation = GENERATE(as<std::string>(), "json", "yaml");
  CAPTURE(notation);
  const CatalogTree tree;
  if (notation == "json") {
    write_large(tree.root() / "c", small_package("p") + "{\"schema\":\"x\",\"a\":\"", 200, "\"}");
  } else {
    write_large(tree.root() / "c", "schema: x\na: ", 200, "\n");
  }

  const auto validation = fbc::validate(tree.root());

  REQUIRE_FALSE(validation.problems.empty());
  const auto& problem = validation.problems.front();
  CHECK(problem.rule == fbc::Rule::too_large);
  CHECK(problem.place.file == "c");
  CHECK(problem.text.find(notation == "json" ? "blob 4" : "blob 1") != std::string::npos);
}

TEST_CASE("aliases that stand for very much are refused", "[fbc]") {
  const CatalogTree tree;
  std::string bomb = "schema: x\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("a{}: &a{} [", i, i);
    for (int j = 0; j < 10; ++j) bomb += fmt::format("{}*a{}", j > 0 ? "," : "", i - 1);
    bomb += "]\n";
  }
  tree.write("p/bomb.yaml", bomb);

  const auto problem = only_problem(tree);

  CHECK(problem.rule == fbc::Rule::too_large);
  CHECK(problem.place.file == "p/bomb.yaml");
  CHECK(problem.place.number == 1);
}

TEST_CASE("JSON that is nested very deep is refused", "[fbc]") {
  const CatalogTree tree;
  tree.write("c", "{\"schema\":\"x\",\"a\":" + std::string(100'000, '[') +
                      std::string(100'000, ']') + "}");

  CHECK(only_problem(tree).rule == fbc::Rule::syntax);
}

TEST_CASE("links that lead in a circle, nowhere or out of the catalog are refused", "[fbc]") {
  const CatalogTree tree;
  tree.write("p/c", small_package("p"));
  tree.write("../outside", small_package("q"));
  tree.link("a", "b");
  tree.link("b", "a");
  tree.link("p/up", "..");
  tree.link("z", "../outside");

  const auto validation = fbc::validate(tree.root());

  REQUIRE(validation.problems.size() == 4);
  for (const auto& problem : validation.problems) {
    CHECK(problem.rule == fbc::Rule::unreadable);
  }
  CHECK(validation.problems[2].place.file == "p/up");
}

TEST_CASE("names that are not UTF-8 are refused by file and blob", "[fbc]") {
  const CatalogTree tree;
  SECTION("of a file") {
    tree.write("p\xff", small_package("p"));

    const auto problem = only_problem(tree);

    CHECK(problem.rule == fbc::Rule::unreadable);
    CHECK(fbc::to_text(problem).find('\xff') == std::string::npos);
  }
  SECTION("of a package") {
    const auto half = GENERATE(as<std::string>(), "p\xff", "p\\ud800");
    tree.write("c", small_package(half));

    const auto validation = fbc::validate(tree.root());

    REQUIRE(validation.problems.size() == 5);  // two of the channel, and of the bundle
    const auto& problem = validation.problems.front();
    CHECK(problem.rule == fbc::Rule::syntax);
    CHECK(problem.place.number == 1);
    CHECK(problem.package == "p\xef\xbf\xbd");
    CHECK(problem.text.find("not UTF-8") != std::string::npos);
  }
  SECTION("but other texts have the bytes replaced, as in opm") {
    tree.write("c", small_package("p") + "{\"schema\":\"x\",\"text\":\"\xff\"}");

    CHECK(fbc::validate(tree.root()).problems.empty());
  }
}

TEST_CASE("a catalog of 50,000 blobs is read", "[fbc]") {
  const CatalogTree tree;
  std::string blobs = R"({"schema":"olm.package","name":"p","defaultChannel":"s"}{)"
                      R"("schema":"olm.channel","package":"p","name":"s","entries":[)";
  std::string bundles;
  for (int i = 0; i < 50'000; ++i) {
    blobs += fmt::format(R"({}{{"name":"b{}","replaces":"b{}"}})", i > 0 ? "," : "", i, i - 1);
    bundles += fmt::format(
        R"({{"schema":"olm.bundle","package":"p","name":"b{0}","image":"e.com/p:{0}","properties":[{{"type":"olm.package","value":{{"packageName":"p","version":"1.0.{0}"}}}}]}})",
        i);
  }
  tree.write("c", blobs + "]}" + bundles);

  const auto validation = fbc::validate(tree.root());

  CHECK(validation.problems.empty());
  CHECK(validation.warnings.empty());
  CHECK(validation.blobs == 50'002);
}

TEST_CASE("very many problems are cut, and the end says so", "[fbc]") {
  const CatalogTree tree;
  std::string blobs;
  for (int i = 0; i < 3'000; ++i) blobs += "{}";
  tree.write("c", blobs);

  const auto validation = fbc::validate(tree.root());

  REQUIRE(validation.problems.size() == 1'001);
  CHECK(validation.problems.back().text.find("there may be more") != std::string::npos);
}

TEST_CASE("all problems are told at once, each with file, blob and name", "[fbc]") {
  const CatalogTree tree;
  tree.write("a.json", "{\"schema\":\"olm.package\",\"name\":\"a\"}\n{\"name\":\"x\"}\n");
  tree.write("b.yaml",
             "schema: olm.package\nname: b\n---\nschema: olm.channel\nname: c\n"
             "package: b\nentries: [{name: v1}, {name: v2}]\n");

  const auto validation = fbc::validate(tree.root());

  std::vector<std::string> rules;
  for (const auto& problem : validation.problems) {
    rules.emplace_back(fbc::to_string(problem.rule));
  }
  // Since a blob is unreadable nothing is said to be missing.
  CHECK(rules == std::vector<std::string>{"no-schema", "default-channel", "default-channel",
                                          "multiple-heads"});
  CHECK(validation.problems[0].place.file == "a.json");
  CHECK(validation.problems[0].place.number == 2);
  CHECK(validation.problems[0].place.line == 2);
  CHECK(fbc::to_text(validation.problems[3]) ==
        "b.yaml, blob 2 (line 4): channel c of package b has several heads (v1, v2): let one of "
        "them replace or skip the others");
  CHECK(fbc::to_problem(validation.problems[3]).kind == catalog::ProblemKind::invalid_graph);
}

TEST_CASE("a warning says which releases refuse", "[fbc]") {
  const CatalogTree tree;
  tree.write("c", small_package("A_b"));

  const auto validation = fbc::validate(tree.root());

  REQUIRE(validation.warnings.size() == 1);
  CHECK(fbc::to_text(validation.warnings[0]).find("opm from 1.41 on refuses") != std::string::npos);
}

TEST_CASE("what is not a directory is no catalog", "[fbc]") {
  const CatalogTree tree;
  tree.write("c", small_package("p"));

  CHECK_THROWS_AS(fbc::validate(tree.root() / "nowhere"), ExternalError);
  CHECK_THROWS_AS(fbc::validate(tree.root() / "c"), ExternalError);
}

TEST_CASE("validation ends when it is cancelled", "[fbc]") {
  const CatalogTree tree;
  tree.write("c", small_package("p"));
  std::stop_source stop;
  stop.request_stop();

  CHECK_THROWS_AS(
      fbc::validate(tree.root(), {.cancellation = Cancellation{stop.get_token()}, .threads = 1}),
      Cancelled);
}

}  // namespace iib::test
