#include "iib/config/options_file.hpp"

#include "iib/base/files.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

using iib::config::RegenerateRules;

namespace {

/// Reads a file with `text`.
iib::config::Config read(const std::string& text) {
  const iib::TempDir directory{std::filesystem::temp_directory_path()};
  const auto file = directory.path() / "iibd.yaml";
  iib::write_file_atomically(file, text);
  return iib::config::read_options(file);
}

}  // namespace

TEST_CASE("a file is read alone as it would hold elsewhere", "[config]") {
  const auto config = read(
      "iib_request_logs_dir: /of/another/host\n"
      "iib_tls_certificate: /of/another/host.pem\n"
      "iib_regenerate_rules: later\n"
      "iib_organization_customizations: {acme: [{type: related_bundles}]}\n");

  CHECK(config.regenerate_rules == RegenerateRules::later);
  CHECK(config.organization_customizations.contains("acme"));
  CHECK(config.registry.empty());
  CHECK(config.total_attempts > 0);  // what is not set has its default
}

TEST_CASE("what is wrong in a file itself is refused where it is read alone, too", "[config]") {
  const auto [text, mention] = GENERATE(table<std::string, std::string>({
      {"iib_regenerate_rule: core\n", "line 1"},
      {"iib_regenerate_rules: newest\n", "auto"},
      {"iib_organization_customizations: {a: {}, b: [{type: related_bundles}]}\n", "one form"},
      {"iib_regenerate_rules: core\n"
       "iib_organization_customizations: {b: [{type: related_bundles}]}\n",
       "iib_regenerate_rules is core"},
  }));
  CAPTURE(text);

  CHECK_THROWS_WITH(read(text), Catch::Contains(mention));
}
