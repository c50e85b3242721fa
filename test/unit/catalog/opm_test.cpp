#include "catalog/opm_access.hpp"
#include "catalog/opm_failure.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using namespace iib::catalog;
using Catch::Matchers::Contains;

BundleSource bundle_at(const std::string& pull_spec, const fs::path& auth_file = {},
                       std::vector<std::string> insecure = {}) {
  return {.pull_spec = pull_spec,
          .directory = {},
          .auth_file = auth_file,
          .insecure_registries = std::move(insecure)};
}

/// What the home of opm holds for these bundles.
std::string written(const TempDir& directory, const std::vector<BundleSource>& bundles) {
  const TempDir scratch{directory.path()};
  const OpmHome home{scratch.path(), bundles};
  return read_file(fs::path{home.environment().at("DOCKER_CONFIG")} / "config.json", 1UL << 20U);
}

}  // namespace

TEST_CASE("the reason of opm is found in what it prints", "[catalog][opm]") {
  const auto [output, text] = GENERATE(table<std::string, std::string>({
      {"Error: one\nUsage:\n  opm\n", "one"},
      {"time=1 level=info\nError: first\nlevel=warning\nError: [a, b]\nUsage:\n", "[a, b]"},
      {"time=1 level=fatal msg=\"permissive\" error=\"no package \\\"x\\\"\" pkg=x\n",
       "no package \"x\""},
      {"time=1 level=fatal msg=\"[a, b]\" bundles=\"[c]\"\n", "[a, b]"},
      {"time=1 level=fatal msg=EOF\n", "EOF"},
      {"an Error: in the middle of a line\n", ""},
      {"", ""},
  }));
  CHECK(opm_error_text(output) == text);
}

TEST_CASE("a flood of opm's is bounded and on one line", "[catalog][opm]") {
  const auto text = opm_error_text("Error: " + std::string(1UL << 20U, 'x'));
  CHECK(text.size() < 3000);
  CHECK(opm_error_text("Error: a\nb\x1b[0m\n").find('\n') == std::string::npos);
}

TEST_CASE("opm's words tell the rule that is broken", "[catalog][opm]") {
  const auto [text, kind] = GENERATE(table<std::string, std::string>({
      {"[Bundle reg/x already exists, Bundle already added that provides package and csv]",
       "exists"},
      {"Bundle version 1.0.0 already added to index", "exists"},
      {"add prunes bundle v1 (reg/v:1) from package pk, channel alpha: this may be", "prunes"},
      {"Invalid bundle v3, replaces nonexistent bundle v2", "replaces-missing"},
      {"Cycle detected, v1 replaces v2", "cycle"},
      {"unable to determine default channel among channel heads: map[]", "default-channel"},
      {"error deprecating bundle reg/x: Bundle deprecation causing default channel removal",
       "default-channel"},
      {"Invalid graph: some (non-bottom) nodes (1 != 0)", "invalid-graph"},
      {"target bundlepaths for deprecation missing from registry: [reg/x]", "not-found"},
      {"bundle x1 belongs to package pkA on index, cannot be added", "other-package"},
      {"something that nobody has seen yet", "invalid-bundle"},
  }));
  CHECK(to_string(opm_problem_kind(text, ProblemKind::invalid_bundle)) == kind);
}

TEST_CASE("a refusal names bundle, package and channel; trouble outside is no refusal",
          "[catalog][opm]") {
  io::Exit exit;
  exit.status = 1;
  exit.error_output =
      "Error: add prunes bundle v1 (reg/v:1) from package pk, channel alpha: this\n";
  try {
    throw_opm_failure("opm", exit, ProblemKind::invalid_bundle);
  } catch (const Refused& refused) {
    const auto& problem = refused.problems().front();
    CHECK(problem.bundle == "v1");
    CHECK(problem.package == "pk");
    CHECK(problem.channel == "alpha");
    CHECK_THAT(problem.text, Contains("opm refuses the change: add prunes bundle v1 (reg/v:1)"));
  }
  for (const auto* text : {"dial tcp: connection refused, image \"x\": not found",
                           "x509: certificate signed by unknown authority", "401 Unauthorized",
                           "write: no space left on device", "unknown flag: --mode"}) {
    CAPTURE(text);
    exit.error_output = std::string{"Error: "} + text + "\n";
    CHECK_THROWS_AS(throw_opm_failure("opm", exit, ProblemKind::invalid_bundle), ExternalError);
  }
}

TEST_CASE("opm gets the login of each registry from the longest key", "[catalog][opm]") {
  const TempDir directory{fs::temp_directory_path()};
  const auto file = directory.path() / "auth.json";
  write_file_atomically(file, R"({"auths": {
    "quay.io": {"auth": "b25l"}, "quay.io/ns": {"auth": "dHdv"}, "quay.io/ns/op": {"auth": "MzM="},
    "https://index.docker.io/v1/": {"auth": "aHVi"}, "other.io": {"auth": "bm8="}}})",
                        0600);

  CHECK_THAT(written(directory, {bundle_at("quay.io/x/op:1", file)}),
             Contains(R"("quay.io":{"auth":"b25l"})"));
  CHECK_THAT(written(directory, {bundle_at("quay.io/ns/b@sha256:0", file)}),
             Contains(R"("quay.io":{"auth":"dHdv"})"));
  CHECK_THAT(written(directory, {bundle_at("quay.io/ns/op:1", file)}), Contains("MzM="));
  CHECK_THAT(written(directory, {bundle_at("quay.io/nsx/op", file)}), Contains("b25l"));
  CHECK_THAT(written(directory, {bundle_at("ns/op:1", file)}),
             Contains(R"("https://index.docker.io/v1/":{"auth":"aHVi"})"));
  CHECK(written(directory, {bundle_at("quay.io/x/op:1", file)}).find("bm8=") == std::string::npos);
  CHECK_THAT(written(directory, {bundle_at("quay.io/x/op:1")}), Contains("none.invalid"));
  CHECK_THROWS_WITH(
      written(directory, {bundle_at("quay.io/x/a:1", file), bundle_at("quay.io/ns/b:1", file)}),
      Contains("quay.io/x/a:1") && Contains("quay.io/ns/b:1") && Contains("embedded"));
}

TEST_CASE("the login of opm is for its owner only", "[catalog][opm]") {
  const TempDir directory{fs::temp_directory_path()};
  const OpmHome home{directory.path(), {}};
  const auto file = fs::path{home.environment().at("DOCKER_CONFIG")} / "config.json";
  CHECK((fs::status(file).permissions() & fs::perms::mask) == static_cast<fs::perms>(0600));
}

TEST_CASE("one call of opm trusts all of its registries or none", "[catalog][opm]") {
  const std::vector<std::string> insecure{"reg:5000"};
  const auto open = bundle_at("reg:5000/a:1", {}, insecure);
  const auto closed = bundle_at("quay.io/b:1", {}, insecure);

  CHECK(registry_trust({}) == RegistryTrust::verified);
  CHECK(registry_trust(std::vector{closed}) == RegistryTrust::verified);
  CHECK(registry_trust(std::vector{open}) == RegistryTrust::insecure);
  CHECK_THROWS_WITH(registry_trust(std::vector{open, closed}),
                    Contains("reg:5000/a:1") && Contains("quay.io/b:1"));
}

TEST_CASE("opm gets the certificates of the registries of the call", "[catalog][opm]") {
  const TempDir directory{fs::temp_directory_path()};
  const auto folder = directory.path() / "certs.d";
  fs::create_directories(folder / "reg:5000");
  fs::create_directories(folder / "other");
  write_file_atomically(folder / "reg:5000" / "ca.crt", "CERT-A");
  write_file_atomically(folder / "reg:5000" / "client.key", "KEY");
  write_file_atomically(folder / "other" / "ca.crt", "CERT-B");
  const OpmHome home{directory.path(), {}};
  const std::vector<fs::path> folders{folder, directory.path() / "absent"};

  const auto file = home.gather_certificates(folders, std::vector{bundle_at("reg:5000/a:1")});

  CHECK(read_file(file, 1000) == "CERT-A\n");
  CHECK(home.gather_certificates(folders, std::vector{bundle_at("quay.io/a:1")}).empty());
}

}  // namespace iib::test
