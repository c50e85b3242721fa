#include "commands.hpp"

#include <catch2/catch.hpp>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

namespace {

using Names = std::vector<std::string>;

/// A database `index.db` with both sample packages.
struct Filled {
  Filled() {
    REQUIRE(commands
                .run({"add", "--database", "index.db", sample("otter-operator/0.1.0"),
                      sample("otter-operator/0.2.0"), sample("otter-operator/0.3.0"),
                      sample("heron-operator/1.0.0"), sample("heron-operator/1.1.0")})
                .status == 0);
  }

  [[nodiscard]] Names bundles() const { return bundles_in(commands.path("index.db")); }

  Commands commands;
  const Names herons{"heron-operator.v1.0.0", "heron-operator.v1.1.0"};
  const Names otters{"otter-operator.v0.1.0", "otter-operator.v0.2.0", "otter-operator.v0.3.0"};
};

}  // namespace

TEST_CASE("rm removes packages", "[cli]") {
  Filled index;

  const auto ended = index.commands.run({"rm", "--database", "index.db", "otter-operator"});

  CHECK(ended.errors.empty());
  CHECK(ended.status == 0);
  CHECK(index.bundles() == index.herons);
  CHECK(ended.output ==
        "index.db: one package and 3 bundles removed; it holds 2 bundles in one package\n"
        "  PACKAGE         CHANNEL    HEAD BEFORE            HEAD NOW\n"
        "  otter-operator  candidate  otter-operator.v0.3.0  -\n"
        "  otter-operator  stable     otter-operator.v0.3.0  -\n");
}

TEST_CASE("rm refuses packages that are not there", "[cli]") {
  Filled index;
  const Arguments arguments{"rm", "--database", "index.db", "badger", "otter-operator", "weasel"};

  SECTION("all of them at once, and removes none") {
    auto with_format = arguments;
    with_format.insert(with_format.end(), {"--format", "json"});

    const auto ended = index.commands.run(with_format);

    CHECK(ended.status == 1);
    CHECK(error_kinds(ended) == Names{"not-found", "not-found"});
    CHECK(index.bundles().size() == 5);
  }
  SECTION("but skips them with a warning when permissive") {
    auto permissive = arguments;
    permissive.emplace_back("--permissive");

    const auto ended = index.commands.run(permissive);

    CHECK(ended.status == 0);
    CHECK(index.bundles() == index.herons);
    CHECK(ended.errors ==
          "warning: package badger is not in the index and is skipped\n"
          "warning: package weasel is not in the index and is skipped\n");
  }
}

TEST_CASE("rm --permissive of nothing that is there changes nothing", "[cli]") {
  Filled index;

  const auto ended = index.commands.run({"rm", "--database", "index.db", "--permissive", "badger"});

  CHECK(ended.status == 0);
  CHECK(ended.output == "index.db: nothing changed; it holds 5 bundles in 2 packages\n");
}

TEST_CASE("prune keeps the packages named", "[cli]") {
  Filled index;

  const auto ended =
      index.commands.run({"prune", "--database", "index.db", "heron-operator", "badger"});

  CHECK(ended.status == 0);
  CHECK(index.bundles() == index.herons);
}

TEST_CASE("prune-stranded removes bundles that no channel holds", "[cli]") {
  Commands commands;
  // Without `replaces` and `skips` between them the second strands the first (catalog-sqlite 41).
  std::filesystem::copy(directory_of("otter-operator/0.2.0"), commands.path("bundle"),
                        std::filesystem::copy_options::recursive);
  const auto csv = commands.path("bundle/manifests/otter-operator.clusterserviceversion.yaml");
  auto text = iib::read_file(csv, 1U << 20U);
  text.replace(text.find("  replaces: "), 12, "  replaced: ");
  iib::write_file_atomically(csv, text);
  REQUIRE(commands.run({"add", "--database", "index.db", sample("otter-operator/0.1.0")}).status ==
          0);
  const auto added =
      commands.run({"add", "--database", "index.db", "bundle=registry.example.com/s/otter:2"});
  REQUIRE(added.status == 0);
  CHECK_THAT(added.output, Contains("one bundle added, one bundle left without a channel") &&
                               Contains("no head leads to otter-operator.v0.1.0 any more"));
  REQUIRE(bundles_in(commands.path("index.db")).size() == 2);

  const auto ended = commands.run({"prune-stranded", "--database", "index.db"});

  CHECK(ended.status == 0);
  CHECK(ended.output == "index.db: one bundle removed; it holds one bundle in one package\n");
  CHECK(bundles_in(commands.path("index.db")) == Names{"otter-operator.v0.2.0"});
}

TEST_CASE("deprecate makes a bundle the last of its channels", "[cli]") {
  Filled index;

  const auto ended = index.commands.run(
      {"deprecate", "--database", "index.db", pull_spec_of("otter-operator/0.2.0")});

  CHECK(ended.errors.empty());
  CHECK(ended.status == 0);
  CHECK_THAT(ended.output, Contains("one bundle removed, one bundle deprecated"));
  CHECK(query(index.commands.path("index.db"), "SELECT operatorbundle_name FROM deprecated") ==
        Names{"otter-operator.v0.2.0"});
}

TEST_CASE("deprecate removes a package only when it may", "[cli]") {
  Filled index;
  Arguments arguments{"deprecate", "--database", "index.db", pull_spec_of("heron-operator/1.1.0")};

  const auto refused = index.commands.run(arguments);
  arguments.emplace_back("--allow-package-removal");
  const auto accepted = index.commands.run(arguments);

  CHECK(refused.status == 1);
  CHECK_THAT(refused.errors, Contains("heron-operator"));
  CHECK(accepted.status == 0);
  CHECK(index.bundles() == index.otters);
}

TEST_CASE("deprecate of a pull specification that is not there is refused", "[cli]") {
  Filled index;

  const auto ended = index.commands.run({"deprecate", "--database", "index.db", "--format", "json",
                                         "registry.example.com/samples/otter:9"});

  CHECK(ended.status == 1);
  CHECK(error_kinds(ended) == Names{"not-found"});
}

TEST_CASE("--output leaves the database and writes another", "[cli]") {
  Filled index;

  const auto ended = index.commands.run(
      {"rm", "--database", "index.db", "--output", "other.db", "otter-operator"});

  CHECK(ended.status == 0);
  CHECK(index.bundles().size() == 5);
  CHECK(bundles_in(index.commands.path("other.db")) == index.herons);
  CHECK(index.commands.files() == Names{"index.db", "other.db"});
}

TEST_CASE("only add makes a database", "[cli]") {
  Commands commands;
  const auto arguments = GENERATE(values<Arguments>({{"rm", "--database", "no.db", "otter"},
                                                     {"prune", "--database", "no.db", "otter"},
                                                     {"prune-stranded", "--database", "no.db"},
                                                     {"deprecate", "--database", "no.db", "x"}}));
  CAPTURE(arguments);

  const auto ended = commands.run(arguments);

  CHECK(ended.status == 1);
  CHECK_THAT(ended.errors, Contains("no.db does not exist"));
  CHECK(commands.files().empty());
}
