#include "iib/catalog/package_manifests.hpp"

#include "catalog/package_yaml.hpp"
#include "iib/base/error.hpp"
#include "index_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using catalog::yaml_string;
using Catch::Matchers::Contains;

/// Gives each bundle one manifest that names its pull specification, and one in a subdirectory.
void fetch(const std::string& pull_spec, const fs::path& destination) {
  fs::create_directories(destination / "manifests" / "sub");
  fs::create_directories(destination / "metadata");
  std::ofstream{destination / "manifests" / "csv.yaml"} << pull_spec;
  std::ofstream{destination / "manifests" / "sub" / ".hidden"} << "hidden";
  std::ofstream{destination / "metadata" / "annotations.yaml"} << "left out";
}

std::string files_below(const fs::path& root) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator{root}) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(root).string());
  }
  std::sort(files.begin(), files.end());
  return fmt::format("{}", fmt::join(files, " "));
}

std::string text_of(const fs::path& path) {
  return read_file(path, 1UL << 20U);
}

}  // namespace

TEST_CASE("an export has a folder for each package and bundle", "[catalog][export]") {
  IndexFixture fixture;
  fixture.add({"a1(1.0.0, alpha; package xp)"});
  fixture.add({"a2(2.0.0, beta, alpha; replaces a1; package xp; default alpha)"});
  fixture.add({"o1(1.0.0; package other)"});
  const auto output = fixture.directory() / "out";

  const auto exported = export_packages(*fixture.index, {}, output, fetch, fixture.work());

  CHECK(exported.packages == 2);
  CHECK(exported.bundles == 3);
  CHECK(files_below(output) ==
        "other/1.0.0/csv.yaml other/1.0.0/sub/.hidden other/package.yaml "
        "xp/1.0.0/csv.yaml xp/1.0.0/sub/.hidden xp/2.0.0/csv.yaml xp/2.0.0/sub/.hidden "
        "xp/package.yaml");
  CHECK(text_of(output / "xp" / "2.0.0" / "csv.yaml") == "reg/ns/a2:1");
  CHECK(text_of(output / "xp" / "package.yaml") ==
        "packageName: xp\n"
        "channels:\n"
        "- name: alpha\n"
        "  currentCSV: a2\n"
        "- name: beta\n"
        "  currentCSV: a2\n"
        "defaultChannel: alpha\n");
}

TEST_CASE("bundles of one version, or of none, have folders by their names", "[catalog][export]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0, a; default a)"});
  fixture.add({"w1(1.0.0, b)"}, {.mode = catalog::UpdateMode::semver});
  fixture.add({"n1(; package none)"});
  const auto output = fixture.directory() / "out";

  (void)export_packages(*fixture.index, {}, output, fetch, fixture.work());

  CHECK(fs::exists(output / "pk" / "v1" / "csv.yaml"));
  CHECK(fs::exists(output / "pk" / "w1" / "csv.yaml"));
  CHECK_FALSE(fs::exists(output / "pk" / "1.0.0"));
  CHECK(fs::exists(output / "none" / "n1" / "csv.yaml"));
}

TEST_CASE("a package that is not there has no channels", "[catalog][export]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  const auto output = fixture.directory() / "out";
  const std::vector<std::string> packages{"nosuch", "pk"};

  const auto exported = export_packages(*fixture.index, packages, output, fetch, fixture.work());

  CHECK(exported.missing == std::vector<std::string>{"nosuch"});
  CHECK(text_of(output / "nosuch" / "package.yaml") ==
        "packageName: nosuch\nchannels: []\ndefaultChannel: \"\"\n");
  CHECK(files_below(output / "nosuch") == "package.yaml");
}

TEST_CASE("an export goes to an absent or empty directory only", "[catalog][export]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  const auto output = fixture.directory() / "deep" / "out";
  const auto run = [&] {
    (void)export_packages(*fixture.index, {}, output, fetch, fixture.work());
  };

  SECTION("absent, with its parents") {
    run();
    CHECK(fs::exists(output / "pk"));
    CHECK_THROWS_WITH(run(), Contains("is there already and is no empty directory"));
    CHECK(fs::exists(output / "pk" / "package.yaml"));
  }
  SECTION("empty") {
    fs::create_directories(output);
    run();
    CHECK(fs::exists(output / "pk"));
  }
  SECTION("no file, no link") {
    fs::create_directories(output.parent_path());
    fs::create_symlink(fixture.directory(), output);
    CHECK_THROWS_AS(run(), UserError);
  }
}

TEST_CASE("an export that fails leaves nothing", "[catalog][export]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)"});
  fs::create_directories(fixture.directory() / "place");
  const auto output = fixture.directory() / "place" / "out";
  const auto run = [&](const catalog::FetchManifests& give) {
    (void)export_packages(*fixture.index, {}, output, give, fixture.work());
  };

  SECTION("a bundle that cannot be fetched") {
    CHECK_THROWS_AS(run([](const std::string& pull_spec, const fs::path& destination) {
                      if (pull_spec == "reg/ns/v2:1")
                        throw ExternalError{"gone", ExternalError::Retry::no};
                      fetch(pull_spec, destination);
                    }),
                    ExternalError);
  }
  SECTION("an image without manifests") {
    CHECK_THROWS_WITH(run([](const std::string&, const fs::path&) {}),
                      Contains("v1 (reg/ns/v1:1)") && Contains("has no manifests/"));
  }
  SECTION("names that would lead elsewhere") {
    change_database(fixture.index->path,
                    "PRAGMA foreign_keys = OFF; UPDATE package SET name = '../../up';"
                    "UPDATE channel_entry SET package_name = '../../up'");
    CHECK_THROWS_WITH(run(fetch), Contains("package '../../up' cannot be exported"));
  }
  SECTION("versions that would lead elsewhere are not used") {
    change_database(fixture.index->path,
                    "PRAGMA foreign_keys = OFF;"
                    "UPDATE operatorbundle SET version = '../1' WHERE name = 'v1'");
    run(fetch);
    CHECK(fs::exists(output / "pk" / "v1" / "csv.yaml"));
    fs::remove_all(output);
  }
  SECTION("a bundle that lies nowhere") {
    change_database(fixture.index->path, "UPDATE operatorbundle SET bundlepath = NULL");
    CHECK_THROWS_WITH(run(fetch), Contains("2 problems") && Contains("no pull specification"));
  }
  CHECK(fs::is_empty(fixture.directory() / "place"));
}

TEST_CASE("YAML strings are quoted only where they must be", "[catalog][export]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"alpha", "alpha"},
      {"v1.2.3", "v1.2.3"},
      {"4.5.6", "4.5.6"},
      {"1.0", "\"1.0\""},
      {"4.10", "\"4.10\""},
      {"10", "\"10\""},
      {"010", "\"010\""},
      {"1e3", "\"1e3\""},
      {"1_000", "\"1_000\""},
      {"yes", "\"yes\""},
      {"y", "\"y\""},
      {"Off", "\"Off\""},
      {"null", "\"null\""},
      {"~", "\"~\""},
      {"", "\"\""},
      {"1:30", "\"1:30\""},
      {"2024-01-02", "\"2024-01-02\""},
      {"<<", "\"<<\""},
      {".inf", "\".inf\""},
      {"a: b", "'a: b'"},
      {"a:", "'a:'"},
      {"a:b", "a:b"},
      {"a #b", "'a #b'"},
      {"a#b", "a#b"},
      {" beta", "' beta'"},
      {"beta ", "'beta '"},
      {"- x", "'- x'"},
      {"-x", "-x"},
      {"*x", "'*x'"},
      {"it's", "it's"},
      {"'x", "'''x'"},
      {"@x", "'@x'"},
      {"---x", "'---x'"},
      {"é", "é"},
      {"a\tb\x01", "\"a\\tb\\x01\""},
  }));
  CHECK(yaml_string(text) == expected);
}

}  // namespace iib::test
