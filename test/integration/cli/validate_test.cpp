#include "commands.hpp"
#include "registry.hpp"
#include "skip.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

namespace fs = std::filesystem;

namespace {

void change(const std::string& database, const std::string& sql) {
  SQLite::Database{database, SQLite::OPEN_READWRITE}.exec(sql);
}

}  // namespace

TEST_CASE("validate tells every breach, and its exit status whether there is one", "[cli]") {
  Commands commands;
  const auto index = commands.path("index.db");
  REQUIRE(commands.run({"add", "--database", index, sample("heron-operator/1.0.0")}).status == 0);

  const auto sound = commands.run({"validate", "--database", index});
  CHECK(sound.status == 0);
  CHECK(sound.output == index + " is valid\n");
  CHECK(sound.errors.empty());

  change(index,
         "PRAGMA foreign_keys = OFF; UPDATE package SET default_channel = 'nope';"
         "INSERT INTO deprecated VALUES ('ghost')");
  const auto broken = commands.run({"validate", "--database", index});
  CHECK(broken.status == 1);
  CHECK_THAT(broken.output, Contains("default-channel   package heron-operator names the default "
                                     "channel nope"));
  CHECK_THAT(broken.output, Contains("has 2 breaches"));
  const auto told = commands.run({"validate", "--database", index, "--format", "json"});
  CHECK(told.status == 1);
  CHECK(error_kinds(told) == std::vector<std::string>{"default-channel", "invalid-index"});
  CHECK_FALSE(iib::io::find_member(told.json(), "valid")->GetBool());

  CHECK(commands.run({"validate"}).status == 2);
}

TEST_CASE("export writes the package manifests of an index in a registry", "[cli]") {
  if (!have_programs({"docker-registry"})) {
    IIBD_SKIP("needs docker-registry on PATH");
  }
  Commands commands;
  Registry registry;
  registry.push("heron", "1", bundle_image(directory_of("heron-operator/1.0.0")));
  const auto pull_spec = registry.address() + "/heron:1";
  const auto index = commands.path("index.db");
  REQUIRE(commands
              .run({"add", "--database", index,
                    directory_of("heron-operator/1.0.0").string() + "=" + pull_spec})
              .status == 0);
  const std::vector<std::string> arguments{
      "export", "--database", index, "--output", "out", "--insecure-registry", registry.address()};

  const auto done = commands.run(arguments);

  CHECK(done.status == 0);
  CHECK_THAT(done.output, Contains("one package with one bundle"));
  const fs::path package = commands.path("out/heron-operator");
  CHECK_THAT(iib::read_file(package / "package.yaml", 1UL << 20U),
             Contains("packageName: heron-operator\n"));
  for (const auto& entry :
       fs::directory_iterator{directory_of("heron-operator/1.0.0") / "manifests"}) {
    const auto name = entry.path().filename();
    CHECK(iib::read_file(package / "1.0.0" / name, 1UL << 20U) ==
          iib::read_file(entry.path(), 1UL << 20U));
  }
  const auto again = commands.run(arguments);
  CHECK(again.status == 1);
  CHECK_THAT(again.errors, Contains("is no empty directory"));
  CHECK(commands.files() == std::vector<std::string>{"index.db", "out"});
}
