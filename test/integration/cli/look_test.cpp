#include "commands.hpp"
#include "registry.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

namespace {

/// A database `old.db` with one release of each sample package, and `new.db` with all.
struct Releases {
  Releases() {
    add("old.db", {sample("otter-operator/0.1.0"), sample("heron-operator/1.0.0")});
    add("new.db", {sample("otter-operator/0.1.0"), sample("heron-operator/1.0.0")});
    add("new.db", {sample("otter-operator/0.2.0"), sample("otter-operator/0.3.0"),
                   sample("heron-operator/1.1.0")});
  }

  void add(const std::string& database, const Arguments& bundles) {
    Arguments arguments{"add", "--database", database};
    arguments.insert(arguments.end(), bundles.begin(), bundles.end());
    const auto ended = commands.run(arguments);
    INFO(ended.errors);
    REQUIRE(ended.status == 0);
  }

  /// What a command that must succeed says of `new.db`.
  std::string of_new(const std::string& command, const Arguments& rest = {}) {
    Arguments arguments{command, "--database", "new.db"};
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    const auto ended = commands.run(arguments);
    INFO(ended.errors);
    CHECK(ended.status == 0);
    CHECK(ended.errors.empty());
    return ended.output;
  }

  Commands commands;
};

}  // namespace

TEST_CASE("list tells packages, channels or bundles", "[cli]") {
  Releases releases;

  CHECK(releases.of_new("list") ==
        "PACKAGE         DEFAULT CHANNEL  CHANNELS  BUNDLES\n"
        "heron-operator  stable           1         2\n"
        "otter-operator  stable           2         3\n");
  CHECK_THAT(releases.of_new("list", {"channels"}),
             Contains("PACKAGE         CHANNEL") && Contains("otter-operator.v0.3.0  3"));
  CHECK_THAT(releases.of_new("list", {"bundles"}),
             Contains("heron-operator.v1.1.0") && Contains(pull_spec_of("heron-operator/1.1.0")));

  SECTION("for scripts, too") {
    const auto json = iib::io::parse_json(releases.of_new("list", {"bundles", "--format", "json"}));
    REQUIRE(json["bundles"].Size() == 5);
    CHECK(iib::io::text_member(json["bundles"][0], "name") == "heron-operator.v1.0.0");
    CHECK(iib::io::text_member(json["bundles"][0], "package") == "heron-operator");
  }
}

TEST_CASE("show tells a package's channels and bundles", "[cli]") {
  Releases releases;

  CHECK_THAT(releases.of_new("show", {"otter-operator"}),
             Contains("CHANNEL    HEAD") && Contains("otter-operator.v0.2.0") &&
                 Contains(pull_spec_of("otter-operator/0.1.0")) && !Contains("heron"));
  const auto json =
      iib::io::parse_json(releases.of_new("show", {"otter-operator", "--format", "json"}));
  CHECK(iib::io::text_member(json, "default_channel") == "stable");
}

TEST_CASE("a package that is not there is refused with similar names", "[cli]") {
  Releases releases;

  for (const auto* command : {"show", "graph"}) {
    const auto ended = releases.commands.run({command, "--database", "new.db", "oter-operator"});
    CHECK(ended.status == 1);
    CHECK(ended.output.empty());
    CHECK_THAT(ended.errors, Contains("oter-operator") && Contains("did you mean otter-operator"));
  }
  const auto scripted =
      releases.commands.run({"graph", "--database", "new.db", "--format", "json", "oter-operator"});
  CHECK(scripted.status == 1);
  CHECK(error_kinds(scripted) == std::vector<std::string>{"not-found"});
}

TEST_CASE("graph draws in every format", "[cli]") {
  Releases releases;

  CHECK_THAT(releases.of_new("graph", {"heron-operator"}),
             Contains("  * heron-operator.v1.1.0  1.1.0  head\n"
                      "  |\n"
                      "  * heron-operator.v1.0.0  1.0.0\n"));
  CHECK_THAT(releases.of_new("graph", {"heron-operator", "--format", "dot"}),
             Catch::StartsWith("digraph \"heron-operator\" {\n"));
  CHECK_THAT(releases.of_new("graph", {"heron-operator", "--format", "mermaid"}),
             Catch::StartsWith("flowchart TD\n"));
  const auto json =
      iib::io::parse_json(releases.of_new("graph", {"heron-operator", "--format", "json"}));
  CHECK(iib::io::text_member(json["channels"][0], "head") == "heron-operator.v1.1.0");
  CHECK(releases.commands.run({"graph", "--database", "new.db", "--format", "svg", "x"}).status ==
        2);
}

TEST_CASE("diff tells what differs and exits 0 all the same", "[cli]") {
  Releases releases;

  const auto ended = releases.commands.run({"diff", "old.db", "new.db"});

  CHECK(ended.status == 0);
  CHECK(ended.errors.empty());
  CHECK_THAT(ended.output,
             Contains("~ package heron-operator\n"
                      "+   bundle   heron-operator.v1.1.0  1.1.0  ") &&
                 Contains("~   channel  stable  head heron-operator.v1.0.0 -> "
                          "heron-operator.v1.1.0\n"
                          "+     heron-operator.v1.1.0 replaces heron-operator.v1.0.0\n"));
  CHECK(releases.commands.run({"diff", "new.db", "new.db"}).output ==
        "the catalogs do not differ\n");

  SECTION("for scripts, too") {
    const auto json =
        releases.commands.run({"diff", "old.db", "new.db", "--format", "json"}).json();
    CHECK(json["packages"].Size() == 2);
    CHECK(iib::io::text_member(json["packages"][0], "change") == "changed");
  }
  SECTION("and refuses what is no catalog") {
    iib::write_file_atomically(releases.commands.path("notes"), "not a database at all");
    const auto refused = releases.commands.run({"diff", "old.db", "notes"});
    CHECK(refused.status == 1);
    CHECK_THAT(refused.errors, Contains("notes, blob 1 (line 1): it must be an object"));
  }
}

TEST_CASE("index images are looked at like files", "[cli]") {
  if (!have_programs({"docker-registry"})) {
    IIBD_SKIP("needs docker-registry on PATH");
  }
  Releases releases;
  Registry registry;
  TestImage image;
  image.layers = {{{.path = "database/index.db",
                    .content = iib::read_file(releases.commands.path("new.db"), 16U << 20U)}}};
  image.labels = {{"operators.operatorframework.io.index.database.v1", "/database/index.db"}};
  registry.push("samples/index", "1", image);
  const auto index = registry.address() + "/samples/index:1";
  const Arguments registries{"--insecure-registry", registry.address()};
  const auto run = [&](Arguments arguments) {
    arguments.insert(arguments.end(), registries.begin(), registries.end());
    return releases.commands.run(arguments);
  };

  CHECK(run({"list", "--index", index}).output == releases.of_new("list"));
  CHECK(run({"graph", "--index", index, "otter-operator"}).output ==
        releases.of_new("graph", {"otter-operator"}));
  CHECK(run({"diff", "old.db", index}).output ==
        releases.commands.run({"diff", "old.db", "new.db"}).output);
  CHECK(run({"diff", index, "new.db"}).output == "the catalogs do not differ\n");
}
