#include "commands.hpp"

#include <catch2/catch.hpp>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

TEST_CASE("a wrong command line ends with status 2 and tells what to write", "[cli]") {
  Commands commands;
  std::filesystem::create_directory(commands.path("folder"));
  const auto [arguments, remedy] = GENERATE(table<Arguments, std::string>({
      {Arguments{}, "name a command: add, rm, "},
      {Arguments{"ad"}, "not expected: ad"},
      {Arguments{"add", "--database", "index.db"}, "BUNDLE"},
      {Arguments{"add", "quay.io/a/b:1"}, "--database FILE or --index IMAGE"},
      {Arguments{"add", "--database", "a", "--index", "quay.io/a/b:1", "quay.io/a/b:1"},
       "not both"},
      {Arguments{"add", "--index", "quay.io/a/b:1", "quay.io/a/b:1"},
       "--index needs --output FILE"},
      {Arguments{"add", "--database", "a", "--mode", "newest", "quay.io/a/b:1"},
       "semver-skippatch"},
      {Arguments{"add", "--database", "a", "--format", "xml", "quay.io/a/b:1"}, "json"},
      {Arguments{"add", "--database", "a", "folder"}, "folder=PULLSPEC"},
      {Arguments{"add", "--database", "a", "folder="}, "DIRECTORY=PULLSPEC"},
      {Arguments{"add", "--database", "a", "=quay.io/a/b:1"}, "DIRECTORY=PULLSPEC"},
      {Arguments{"rm", "--database", "a"}, "PACKAGE"},
      {Arguments{"prune", "--database", "a"}, "PACKAGE"},
      {Arguments{"prune-stranded"}, "--database FILE or --index IMAGE"},
      {Arguments{"prune-stranded", "--database", "a", "otter"}, "otter"},
      {Arguments{"deprecate", "--database", "a"}, "PULLSPEC"},
  }));
  CAPTURE(arguments);

  const auto ended = commands.run(arguments);

  CHECK(ended.status == 2);
  CHECK(ended.output.empty());
  CHECK_THAT(ended.errors, Contains(remedy) && Contains("--help"));
  CHECK(commands.files() == std::vector<std::string>{"folder"});
}

TEST_CASE("every command explains itself", "[cli]") {
  Commands commands;
  const std::string command = GENERATE("add", "rm", "prune", "prune-stranded", "deprecate");

  const auto ended = commands.run({command, "--help"});

  CHECK(ended.status == 0);
  CHECK_THAT(ended.output, Contains("--database") && Contains("--index") && Contains("--format"));
}
