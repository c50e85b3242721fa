#include "iib/base/files.hpp"
#include "iib/catalog/fbc_cache.hpp"
#include "iib/catalog/problem.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

constexpr std::size_t kLimit = 1UL << 20U;

/// A catalog with a cache, and a copy of it to change.
struct Site {
  Site() {
    for (const auto* name : {"a", "b", "c"}) {
      tree.write(std::string{name} + "/catalog.json", small_package(name));
    }
    tree.write("c/.indexignore", "*.txt\n");
    tree.write("c/notes.txt", "not of the catalog");
    steps = fbc::write_cache(tree.root(), before).steps;
    fs::copy(tree.root(), changed, fs::copy_options::recursive);
  }

  void write(const std::string& name, const std::string& content) const {
    fs::create_directories((changed / name).parent_path());
    write_file_atomically(changed / name, content, 0644);
  }

  CatalogTree tree;
  fbc::DigestSteps steps;
  fs::path before = tree.root().parent_path() / "before";
  fs::path changed = tree.root().parent_path() / "changed";
  fs::path updated = tree.root().parent_path() / "updated";
  fs::path anew = tree.root().parent_path() / "anew";
};

std::map<std::string, std::string> files_of(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator{directory}) {
    if (!entry.is_regular_file()) continue;
    files.emplace(entry.path().lexically_relative(directory).string(),
                  read_file(entry.path(), kLimit));
  }
  return files;
}

std::vector<std::pair<std::string, std::uint64_t>> states_of(const fbc::DigestSteps& steps) {
  std::vector<std::pair<std::string, std::uint64_t>> states;
  for (const auto& step : steps) states.emplace_back(step.name, step.state);
  return states;
}

/// A package with a second bundle, which replaces the first.
std::string larger_package(const std::string& name) {
  auto text = small_package(name);
  const auto first = fmt::format(R"({{"name":"{}.v1"}})", name);
  text.insert(text.find(first), fmt::format(R"({{"name":"{0}.v2","replaces":"{0}.v1"}},)", name));
  return text +
         fmt::format(
             R"({{"schema":"olm.bundle","name":"{0}.v2","package":"{0}","image":"example.com/b:v2","properties":[{{"type":"olm.package","value":{{"packageName":"{0}","version":"2.0.0"}}}}]}})",
             name);
}

}  // namespace

TEST_CASE("an updated cache is the one that would be made anew", "[fbc][cache]") {
  using Change = std::function<void(const Site&)>;
  const auto [name, change, read_again] = GENERATE(table<std::string, Change, bool>({
      {"nothing", [](const Site&) {}, false},
      {"a bundle is added", [](const Site& s) { s.write("b/catalog.json", larger_package("b")); },
       false},
      {"a package is added", [](const Site& s) { s.write("bb/catalog.json", small_package("bb")); },
       false},
      {"a package is removed", [](const Site& s) { fs::remove_all(s.changed / "a"); }, false},
      {"all packages are removed",
       [](const Site& s) {
         for (const auto* each : {"a", "b", "c"}) fs::remove_all(s.changed / each);
       },
       false},
      {"a package moves to another file",
       [](const Site& s) {
         fs::rename(s.changed / "a" / "catalog.json", s.changed / "a" / "index.json");
       },
       false},
      {"deprecations are added",
       [](const Site& s) {
         s.write("_operator-deprecations-content/a/a.json",
                 R"({"schema":"olm.deprecations","package":"a","entries":[]})");
       },
       false},
      {"an ignored file changes", [](const Site& s) { s.write("c/notes.txt", "changed"); }, true},
      {"what is ignored changes", [](const Site& s) { s.write("c/.indexignore", "notes.*\n"); },
       true},
      {"a package leaves its file for two",
       [](const Site& s) {
         const auto text = small_package("a");
         const auto cut = text.find('\n') + 1;
         s.write("a/catalog.json", text.substr(0, cut));
         s.write("z.json", text.substr(cut));
       },
       false},
  }));
  const bool knows_steps = GENERATE(true, false);
  CAPTURE(name, knows_steps);
  const Site site;
  change(site);

  const auto made = fbc::update_cache({.root = site.tree.root(),
                                       .directory = site.before,
                                       .steps = knows_steps ? site.steps : fbc::DigestSteps{}},
                                      site.changed, site.updated);

  const auto expected = fbc::write_cache(site.changed, site.anew);
  CHECK(made.digest == expected.digest);
  CHECK(states_of(made.steps) == states_of(expected.steps));
  CHECK(made.packages == expected.packages);
  CHECK(made.entries == expected.entries);
  CHECK(files_of(site.updated) == files_of(site.anew));
  if (fs::exists(site.updated / "cache" / "c_s_c.v1.json")) {
    CHECK(fs::equivalent(site.updated / "cache" / "c_s_c.v1.json",
                         site.before / "cache" / "c_s_c.v1.json") != read_again);
  }
}

TEST_CASE("what comes before the first change is not read again for the digest", "[fbc][cache]") {
  const Site site;
  site.write("c/catalog.json", larger_package("c"));
  auto steps = site.steps;
  for (auto& step : steps) ++step.state;

  const auto made =
      fbc::update_cache({.root = site.tree.root(), .directory = site.before, .steps = steps},
                        site.changed, site.updated);

  CHECK(made.digest != fbc::write_cache(site.changed, site.anew).digest);
}

TEST_CASE("a change of a mode is a change for the digest", "[fbc][cache]") {
  const Site site;
  const fbc::CacheOptions options{.modes = {.exceptions = {{"b", 0700}, {"c/notes.txt", 0600}}}};

  const auto made =
      fbc::update_cache({.root = site.tree.root(), .directory = site.before, .steps = site.steps},
                        site.changed, site.updated, options);

  CHECK(made.digest == fbc::write_cache(site.changed, site.anew, options).digest);
}

TEST_CASE("icons can be left out of a cache, those that it had before too", "[fbc][cache]") {
  const CatalogTree tree;
  const auto text = [](const std::string& name) {
    auto package = small_package(name);
    const std::string schema = R"("schema":"olm.package",)";
    package.insert(package.find(schema) + schema.size(),
                   R"("icon":{"base64data":"aQ==","mediatype":"m"},)");
    return package;
  };
  tree.write("a/catalog.json", text("a"));
  const auto directory = tree.root().parent_path();
  fbc::write_cache(tree.root(), directory / "before");
  const auto changed = directory / "changed";
  fs::copy(tree.root(), changed, fs::copy_options::recursive);
  fs::create_directory(changed / "b");
  write_file_atomically(changed / "b" / "catalog.json", text("b"), 0644);
  const fbc::CacheOptions options{.icons = fbc::CacheIcons::leave_out};

  fbc::update_cache({.root = tree.root(), .directory = directory / "before"}, changed,
                    directory / "updated", options);

  fbc::write_cache(changed, directory / "anew", options);
  CHECK(files_of(directory / "updated") == files_of(directory / "anew"));
  const auto packages = read_file(directory / "anew" / "cache" / "packages.json", kLimit);
  CHECK(packages.find("base64data") == std::string::npos);
  CHECK(packages.find(R"("icon":null)") != packages.rfind(R"("icon":null)"));
  CHECK(read_file(directory / "before" / "cache" / "packages.json", kLimit).find("aQ==") !=
        std::string::npos);
}

TEST_CASE("an update refuses what making the cache anew refuses", "[fbc][cache]") {
  const Site site;
  const auto content = GENERATE(as<std::string>(), small_package("b"), "{\"schema\":",
                                "{\"schema\":\"olm.channel\",\"package\":\"b\",\"name\":\"t\","
                                "\"entries\":[{\"name\":\"b.v7\"}]}");
  CAPTURE(content);
  site.write("second.json", content);

  CHECK_THROWS_AS(fbc::update_cache({.root = site.tree.root(), .directory = site.before},
                                    site.changed, site.updated),
                  catalog::Refused);
}

TEST_CASE("deprecations in files that stay are served of a package that changes", "[fbc][cache]") {
  const auto flavor = GENERATE(fbc::CacheFlavor::opm_1_26, fbc::CacheFlavor::opm_1_32);
  const Site site;
  const auto before = site.tree.root().parent_path() / "deprecated";
  for (const auto& root : {site.tree.root(), site.changed}) {
    fs::create_directories(root / "_operator-deprecations-content" / "b");
    write_file_atomically(
        root / "_operator-deprecations-content" / "b" / "b.json",
        R"({"schema":"olm.deprecations","package":"b","entries":[)"
        R"({"reference":{"schema":"olm.bundle","name":"b.v1"},"message":"no v1"}]})",
        0644);
  }
  fbc::write_cache(site.tree.root(), before, {.flavor = flavor});
  site.write("b/catalog.json", larger_package("b"));
  const fbc::CacheOptions options{.flavor = fbc::CacheFlavor::opm_1_32};

  fbc::update_cache({.root = site.tree.root(), .directory = before}, site.changed, site.updated,
                    options);

  fbc::write_cache(site.changed, site.anew, options);
  CHECK(files_of(site.updated) == files_of(site.anew));
}

TEST_CASE("deprecations count wherever the configuration has them", "[fbc][cache]") {
  const Site site;
  for (const auto& root : {site.tree.root(), site.changed}) {
    fs::create_directories(root / "told" / "b");
    write_file_atomically(root / "told" / "b" / "b.json",
                          R"({"schema":"olm.deprecations","package":"b","entries":[)"
                          R"({"reference":{"schema":"olm.bundle","name":"b.v1"},"message":"no"}]})",
                          0644);
  }
  const auto before = site.tree.root().parent_path() / "deprecated";
  fbc::write_cache(site.tree.root(), before, {.flavor = fbc::CacheFlavor::opm_1_26});
  site.write("b/catalog.json", larger_package("b"));
  const fbc::CacheOptions options{.flavor = fbc::CacheFlavor::opm_1_32,
                                  .deprecations_directory = "told"};

  fbc::update_cache({.root = site.tree.root(), .directory = before}, site.changed, site.updated,
                    options);

  fbc::write_cache(site.changed, site.anew, options);
  CHECK(files_of(site.updated) == files_of(site.anew));
}

TEST_CASE("packages that stay are served as the earlier cache served them", "[fbc][cache]") {
  const Site site;
  const std::string told =
      R"({"schema":"olm.deprecations","package":"b","entries":[)"
      R"({"reference":{"schema":"olm.bundle","name":"b.v1"},"message":"no"}]})";
  for (const auto& root : {site.tree.root(), site.changed}) {
    write_file_atomically(root / "b" / "deprecations.json", told, 0644);
  }
  const auto before = site.tree.root().parent_path() / "older";
  fbc::write_cache(site.tree.root(), before, {.flavor = fbc::CacheFlavor::opm_1_26});
  site.write("a/catalog.json", larger_package("a"));
  const fbc::CacheOptions options{.flavor = fbc::CacheFlavor::opm_1_32};

  fbc::update_cache({.root = site.tree.root(), .directory = before}, site.changed, site.updated,
                    options);

  auto expected = files_of(site.updated);
  CHECK(expected.at("cache/b_s_b.v1.json") == files_of(before).at("cache/b_s_b.v1.json"));
  CHECK(fbc::check_cache(site.changed, site.updated, {}).state == fbc::CacheState::up_to_date);
  fbc::write_cache(site.changed, site.anew, options);
  auto anew = files_of(site.anew);
  CHECK(anew.at("cache/b_s_b.v1.json") != expected.at("cache/b_s_b.v1.json"));
  for (auto* files : {&expected, &anew}) {
    files->erase("cache/b_s_b.v1.json");
    files->erase("digest");
  }
  CHECK(expected == anew);
}

TEST_CASE("what is wrong with an earlier cache does not keep a new one from being made",
          "[fbc][cache]") {
  const auto content = GENERATE(as<std::string>(), "", "[]", "{\"a\":", "{a:1}", "{\"b\":{x}}",
                                R"({"b":{"Channels":{"s":{"Bundles":{"b.v1":}}}}})");
  const bool is_large = GENERATE(false, true);
  CAPTURE(content, is_large);
  const Site site;
  const auto packages = site.before / "cache" / "packages.json";
  write_file_atomically(packages, content);
  // Larger than any that is known; a hole takes no room on the disk.
  if (is_large) fs::resize_file(packages, (64UL << 20U) + 1);
  site.write("b/catalog.json", larger_package("b"));

  const auto made =
      fbc::update_cache({.root = site.tree.root(), .directory = site.before, .steps = site.steps},
                        site.changed, site.updated);

  CHECK(made.digest == fbc::write_cache(site.changed, site.anew).digest);
  CHECK(files_of(site.updated) == files_of(site.anew));
}

TEST_CASE("a link in an earlier cache is not taken over", "[fbc][cache]") {
  const Site site;
  const auto entry = site.before / "cache" / "c_s_c.v1.json";
  fs::rename(entry, site.tree.root().parent_path() / "entry");
  fs::create_symlink(site.tree.root().parent_path() / "entry", entry);
  site.write("b/catalog.json", larger_package("b"));

  fbc::update_cache({.root = site.tree.root(), .directory = site.before}, site.changed,
                    site.updated);

  CHECK_FALSE(fs::is_symlink(site.updated / "cache" / entry.filename()));
  CHECK(fbc::check_cache(site.changed, site.updated, {}).state == fbc::CacheState::up_to_date);
}

TEST_CASE("a package that stays partly in an unchanged file is read as a whole", "[fbc][cache]") {
  const CatalogTree tree;
  const auto text = larger_package("a");
  const auto cut = text.rfind('\n') + 1;
  tree.write("a/catalog.json", text.substr(0, cut));
  tree.write("a/second.json", text.substr(cut));
  const auto directory = tree.root().parent_path();
  fbc::write_cache(tree.root(), directory / "before");
  fs::copy(tree.root(), directory / "changed", fs::copy_options::recursive);
  auto second = text.substr(cut);
  second.replace(second.find("b:v2"), 4, "b:v3");
  write_file_atomically(directory / "changed" / "a" / "second.json", second, 0644);

  fbc::update_cache({.root = tree.root(), .directory = directory / "before"}, directory / "changed",
                    directory / "updated");

  fbc::write_cache(directory / "changed", directory / "anew");
  CHECK(files_of(directory / "updated") == files_of(directory / "anew"));
}

}  // namespace iib::test
