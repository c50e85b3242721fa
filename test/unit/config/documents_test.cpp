#include "config/option.hpp"
#include "loading.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <regex>
#include <set>

using namespace iib;
using namespace iib::config;
using namespace iib::config::test;

namespace {

constexpr std::size_t kLimit = 1UL << 20U;

std::string committed(const std::string& name, const std::string& current) {
  const std::filesystem::path path = std::filesystem::path{IIBD_SOURCE_ROOT} / name;
  if (std::getenv("IIBD_ACCEPT") != nullptr) write_file_atomically(path, current, 0644);
  return read_file(path, kLimit);
}

std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator match{text.begin(), text.end(), pattern}, end; match != end; ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

const std::regex kOptionLine{"\n#([a-z0-9_]+):"};

}  // namespace

// With IIBD_ACCEPT set these two write the files; the change then shows in the diff.
TEST_CASE("etc/iibd.yaml is what `iibd config default` prints", "[config]") {
  CHECK(committed("etc/iibd.yaml", default_file()) == default_file());
}

TEST_CASE("docs/configuration.md has every option of the default file", "[config]") {
  const auto page = committed("docs/configuration.md", reference_page());

  CHECK(page == reference_page());
  const auto options = matches(default_file(), kOptionLine);
  CHECK(options.size() > 90);
  CHECK(matches(page, std::regex{"\n\\| `([a-z0-9_]+)` \\|"}) == options);
}

TEST_CASE("docs/migration.md has every option of the original, once, and tells its fate",
          "[config]") {
  const auto page =
      read_file(std::filesystem::path{IIBD_SOURCE_ROOT} / "docs/migration.md", kLimit);
  const std::map<Status, std::string> fates{
      {Status::honoured, "kept"}, {Status::not_yet, "not yet"}, {Status::ignored, "not needed"}};
  std::multiset<std::string> expected;
  for (const auto& section : sections()) {
    for (const auto& each : section.options) {
      if (each.status == Status::ours) continue;
      expected.insert(each.name + ": " + fates.at(each.status));
    }
  }
  std::multiset<std::string> told;
  const std::regex row{"\n\\| `([a-z0-9_]+)` \\| ([a-z ]+) \\|"};
  for (std::sregex_iterator match{page.begin(), page.end(), row}, end; match != end; ++match) {
    told.insert((*match)[1].str() + ": " + (*match)[2].str());
  }

  CHECK(told == expected);
}

TEST_CASE("the default file changes nothing, also with all its options switched on", "[config]") {
  const auto defaults =
      load(std::nullopt, {{"IIB_REGISTRY", "registry.example.com"}}, Mode::normal);

  CHECK(load_text(default_file()).config == defaults.config);
  const auto all = std::regex_replace(default_file(), kOptionLine, "\n$1:");
  CHECK(load_text(all).config == defaults.config);
}

TEST_CASE("every option can be set by the environment", "[config]") {
  const auto defaults =
      load(std::nullopt, {{"IIB_REGISTRY", "registry.example.com"}}, Mode::normal);
  Environment environment{{"IIB_REGISTRY", "registry.example.com"}};
  const std::regex line{"\n#([a-z0-9_]+): ([^\n]+)"};
  const auto text = default_file();
  for (std::sregex_iterator match{text.begin(), text.end(), line}, end; match != end; ++match) {
    std::string name = (*match)[1];
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    std::string value = (*match)[2];
    if (value.size() > 1 && value.front() == '\'') value = value.substr(1, value.size() - 2);
    environment.emplace(name, value);
  }

  REQUIRE(environment.size() > 70);
  CHECK(load(std::nullopt, environment, Mode::normal).config == defaults.config);
}
