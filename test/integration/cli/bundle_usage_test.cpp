#include "bundle_site.hpp"

#include <catch2/catch.hpp>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

TEST_CASE("a wrong command line about bundles ends with status 2 and tells what to write",
          "[cli]") {
  BundleSite site;
  const auto before = site.files();
  const auto [arguments, remedy] = GENERATE(table<Arguments, std::string>({
      {Arguments{}, "name a command: regenerate, inspect"},
      {Arguments{"regenerat"}, "not expected: regenerat"},
      {Arguments{"regenerate"}, "DIRECTORY"},
      {Arguments{"regenerate", "bundle", "more"}, "more"},
      {Arguments{"regenerate", "bundle", "--organization", "acme"},
       "--organization needs --config FILE"},
      {Arguments{"regenerate", "bundle", "--rules", "newest"}, "auto, core, later"},
      {Arguments{"regenerate", "bundle", "--format", "xml"}, "text, json"},
      {Arguments{"regenerate", "bundle", "--digests"}, "--digests"},
      {Arguments{"regenerate", "bundle", "--digests", ""}, "name a file"},
      {Arguments{"inspect"}, "DIRECTORY|IMAGE"},
      {Arguments{"inspect", "bundle", "--format", "xml"}, "text, json"},
  }));
  CAPTURE(arguments);

  const auto ended = site.run(arguments);

  CHECK(ended.status == 2);
  CHECK(ended.output.empty());
  CHECK_THAT(ended.errors, Contains(remedy) && Contains("--help"));
  CHECK(site.files() == before);
}

TEST_CASE("every command about bundles explains itself", "[cli]") {
  BundleSite site;

  const auto regenerate = site.run({"regenerate", "--help"});
  const auto inspect = site.run({"inspect", "--help"});

  CHECK(regenerate.status == 0);
  for (const auto* option :
       {"DIRECTORY", "--config", "--organization", "--rules", "--digests", "--labels",
        "--replacements", "--dry-run", "--format", "--auth-file", "--insecure-registry"}) {
    CHECK_THAT(regenerate.output, Contains(option));
  }
  CHECK(inspect.status == 0);
  CHECK_THAT(inspect.output, Contains("DIRECTORY|IMAGE") && Contains("--format"));
}
