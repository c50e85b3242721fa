#include "iib/catalog/file_based_engine.hpp"

#include "../index_fixture.hpp"
#include "catalog/fbc/database_packages.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/fbc.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <vector>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;
using Catch::Matchers::Contains;

constexpr std::size_t kLimit = 64UL << 20U;
constexpr auto kDeprecations = "_operator-deprecations-content";

std::string deprecations_of(const std::string& package) {
  return fmt::format(
      R"({{"schema":"olm.deprecations","package":"{}","entries":[{{"reference":{{"schema":"olm.package"}},"message":"old"}}]}})",
      package);
}

ino_t inode_of(const fs::path& path) {
  struct ::stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

/// An index of files with packages `a` and `b` from its database and `own` in the catalog only.
class FileBasedIndex {
 public:
  explicit FileBasedIndex(catalog::FileBasedOptions options = {})
      : engine{fixture.engine, std::move(options)} {
    fixture.add({"a.v1(1.0.0; package a)", "b.v1(1.0.0; package b)"});
    index = fbc::to_file_based(fixture.index.value(), {}, fixture.work());
    write("own/catalog.json", small_package("own"));
  }

  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((index.path / name).parent_path());
    write_file_atomically(index.path / name, text, 0644);
  }

  /// The same index as if it had no hidden database.
  [[nodiscard]] catalog::Catalog without_database() const {
    auto catalog = index;
    catalog.database.clear();
    return catalog;
  }

  std::vector<catalog::BundleSource> bundle(const std::string& notation,
                                            const std::string& pull_spec) {
    return {fixture.write(files_of(notation), pull_spec)};
  }

  [[nodiscard]] std::vector<std::string> database_of(const catalog::Catalog& catalog) const {
    return fbc::database_package_names(
        {.kind = catalog::CatalogKind::sqlite, .path = catalog.database}, {});
  }

  IndexFixture fixture;
  catalog::FileBasedEngine engine;
  catalog::Catalog index;
};

bool stays(const catalog::Catalog& before, const catalog::Catalog& after, const std::string& name) {
  return inode_of(before.path / name) == inode_of(after.path / name);
}

std::string text_of(const catalog::Catalog& catalog, const std::string& name) {
  return read_file(catalog.path / name, kLimit);
}

std::vector<std::string> packages_of(const catalog::Catalog& catalog) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{catalog.path}) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// The text of the refusal of `change`; empty when there is none.
template <class Change>
std::string refusal_of(const Change& change) {
  try {
    change();
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a bundle changes the files of its package only", "[fbc][engine]") {
  FileBasedIndex at;
  at.write(fmt::format("{}/own/own.json", kDeprecations), deprecations_of("own"));

  const auto added =
      at.engine.add(at.index, at.bundle("a.v2(2.0.0; replaces a.v1; package a)", "reg/ns/a2:1"), {},
                    at.fixture.work());

  CHECK_THAT(text_of(added, "a/catalog.json"), Contains("a.v2"));
  CHECK_THAT(text_of(at.index, "a/catalog.json"), !Contains("a.v2"));
  for (const auto* file :
       {"b/catalog.json", "own/catalog.json", "_operator-deprecations-content/own/own.json"}) {
    CAPTURE(file);
    CHECK(stays(at.index, added, file));
  }
  CHECK(added.database != at.index.database);
  CHECK(fbc::validate(added.path).problems.empty());
  const auto difference = fbc::compare_trees(at.index.path, added.path);
  CHECK(difference.written == std::vector<std::string>{"a/catalog.json"});
  CHECK(difference.removed.empty());
}

TEST_CASE("a package in another spelling of the same content is not written anew",
          "[fbc][engine]") {
  FileBasedIndex at;
  const auto metadata = fbc::to_file_based(
      at.fixture.index.value(), {.level = fbc::MigrateLevel::bundle_object_to_csv_metadata},
      at.fixture.work());
  at.write("b/catalog.json", text_of(metadata, "b/catalog.json"));

  const auto added =
      at.engine.add(at.index, at.bundle("a.v2(2.0.0; replaces a.v1; package a)", "reg/ns/a2:1"), {},
                    at.fixture.work());

  CHECK(stays(at.index, added, "b/catalog.json"));
}

TEST_CASE("a package of the database that says something else in the catalog is written anew",
          "[fbc][engine]") {
  FileBasedIndex at;
  auto text = text_of(at.index, "b/catalog.json");
  const std::string field = "\"defaultChannel\"";
  text.insert(text.find(field), "\"description\": \"edited\", ");
  at.write("b/catalog.json", text);

  const auto removed = at.engine.remove(at.index, std::vector<std::string>{"a"}, at.fixture.work());

  CHECK_THAT(text_of(removed, "b/catalog.json"), !Contains("edited"));
}

TEST_CASE("what no database holds stays in a file that is written anew", "[fbc][engine]") {
  FileBasedIndex at;
  at.write("a/catalog.json", text_of(at.index, "a/catalog.json") + deprecations_of("a") +
                                 R"({"schema":"custom.x","package":"a","n":1.0})");

  const auto added =
      at.engine.add(at.index, at.bundle("a.v2(2.0.0; replaces a.v1; package a)", "reg/ns/a2:1"), {},
                    at.fixture.work());

  const auto text = text_of(added, "a/catalog.json");
  CHECK_THAT(text, Contains("a.v2") && Contains("olm.deprecations") && Contains("\"n\": 1.0"));
}

TEST_CASE("a bundle of a package that lives in the catalog only is refused by name",
          "[fbc][engine]") {
  FileBasedIndex at;
  // What a bundle replaces is not in the database either, which is not the reason to give.
  const auto* const bundle =
      GENERATE("own.v2(2.0.0; package own)", "own.v2(2.0.0; replaces own.v1; package own)");
  const auto bundles = at.bundle(bundle, "reg/ns/own2:1");

  SECTION("with a hidden database") {
    const auto text = refusal_of(
        [&] { static_cast<void>(at.engine.add(at.index, bundles, {}, at.fixture.work())); });
    CHECK_THAT(text, Contains("package own ") && Contains("own/catalog.json") &&
                         Contains("fbc-operations"));
  }
  SECTION("without one") {
    const auto text = refusal_of([&] {
      static_cast<void>(at.engine.add(at.without_database(), bundles, {}, at.fixture.work()));
    });
    CHECK_THAT(text, Contains("package own ") && Contains("fbc-operations"));
  }
  CHECK(stays(at.index, at.index, "own/catalog.json"));
}

TEST_CASE("a package in both places under different file names is refused by name",
          "[fbc][engine]") {
  FileBasedIndex at;
  const auto name = GENERATE("b/catalog.yaml", "b/index.json", "index.json", "x/catalog.json");
  CAPTURE(name);
  fs::create_directories((at.index.path / name).parent_path());
  fs::rename(at.index.path / "b/catalog.json", at.index.path / name);

  const auto text = refusal_of([&] {
    static_cast<void>(at.engine.remove(at.index, std::vector<std::string>{"a"}, at.fixture.work()));
  });

  CHECK_THAT(text, Contains("package b ") && Contains(name));
}

TEST_CASE("a file with a package of the database and another one is not written over",
          "[fbc][engine]") {
  FileBasedIndex at;
  at.write("b/catalog.json", text_of(at.index, "b/catalog.json") + small_package("guest"));

  const auto text = refusal_of([&] {
    static_cast<void>(at.engine.remove(at.index, std::vector<std::string>{"a"}, at.fixture.work()));
  });

  CHECK_THAT(text, Contains("b/catalog.json") && Contains("guest"));
}

TEST_CASE("a package goes with its deprecations, those of others stay", "[fbc][engine]") {
  FileBasedIndex at;
  for (const auto* package : {"a", "own"}) {
    at.write(fmt::format("{0}/{1}/{1}.json", kDeprecations, package), deprecations_of(package));
  }

  SECTION("a package of the database") {
    const auto removed =
        at.engine.remove(at.index, std::vector<std::string>{"a"}, at.fixture.work());
    CHECK(packages_of(removed) == std::vector<std::string>{kDeprecations, "b", "own"});
    CHECK(stays(at.index, removed, "_operator-deprecations-content/own/own.json"));
    CHECK_FALSE(fs::exists(removed.path / kDeprecations / "a"));
    CHECK(at.database_of(removed) == std::vector<std::string>{"b"});
  }
  SECTION("a package of the catalog, and then no directory without anything in it is left") {
    const std::vector<std::string> packages{"own", "a"};
    const auto removed = at.engine.remove(at.index, packages, at.fixture.work());
    CHECK(packages_of(removed) == std::vector<std::string>{"b"});
  }
  SECTION("a package of which every bundle is deprecated") {
    const auto deprecated = at.engine.deprecate(at.index, std::vector<std::string>{"reg/ns/a.v1:1"},
                                                {.allow_package_removal = true}, at.fixture.work());
    CHECK(packages_of(deprecated) == std::vector<std::string>{kDeprecations, "b", "own"});
    CHECK_FALSE(fs::exists(deprecated.path / kDeprecations / "a"));
  }
  CHECK(fs::exists(at.index.path / kDeprecations / "a"));
}

TEST_CASE("an index without hidden database changes as a catalog", "[fbc][engine]") {
  FileBasedIndex at;
  const auto from = at.without_database();

  SECTION("packages are removed") {
    const auto removed =
        at.engine.remove(from, std::vector<std::string>{"a", "nowhere"}, at.fixture.work());
    CHECK(packages_of(removed) == std::vector<std::string>{"b", "own"});
    CHECK(removed.database.empty());
    CHECK_THAT(at.fixture.log(), Contains("package nowhere is not in the index"));
  }
  SECTION("bundles of new packages get a database") {
    const auto added = at.engine.add(from, at.bundle("c.v1(1.0.0; package c)", "reg/ns/c:1"), {},
                                     at.fixture.work());
    CHECK(packages_of(added) == std::vector<std::string>{"a", "b", "c", "own"});
    CHECK(at.database_of(added) == std::vector<std::string>{"c"});
    CHECK(stays(from, added, "a/catalog.json"));
  }
  SECTION("nothing to add makes no database") {
    CHECK(at.engine.add(from, {}, {}, at.fixture.work()).database.empty());
  }
}

TEST_CASE("the names of packages to remove are no paths", "[fbc][engine]") {
  FileBasedIndex at;
  const auto name =
      GENERATE("../bystander", ".", "..", "", "own/catalog.json", "_operator-deprecations-content");
  at.write("../bystander/file", "x");
  at.write(fmt::format("{}/own/own.json", kDeprecations), deprecations_of("own"));

  const auto removed =
      at.engine.remove(at.index, std::vector<std::string>{name}, at.fixture.work());

  const auto difference = fbc::compare_trees(at.index.path, removed.path);
  CHECK((difference.written.empty() && difference.removed.empty()));
  CHECK(fs::exists(at.index.path / "../bystander/file"));
}

TEST_CASE("links in a catalog lead no change out of it", "[fbc][engine]") {
  FileBasedIndex at;
  const auto outside = at.index.path / "../outside";
  at.write("../outside/a/a.json", "x");
  at.write(".indexignore", "/b\n/_operator-deprecations-content\n");
  const auto bundles = at.bundle("b.v2(2.0.0; replaces b.v1; package b)", "reg/ns/b2:1");
  const std::vector<std::string> packages{"a"};

  SECTION("of a package") {
    fs::remove_all(at.index.path / "b");
    fs::create_directory_symlink(outside, at.index.path / "b");
    CHECK_THAT(refusal_of([&] {
                 static_cast<void>(at.engine.add(at.index, bundles, {}, at.fixture.work()));
               }),
               Contains("b of the catalog is no directory"));
  }
  SECTION("of the deprecations") {
    fs::create_directory_symlink(outside, at.index.path / kDeprecations);
    CHECK_THAT(refusal_of([&] {
                 static_cast<void>(at.engine.remove(at.index, packages, at.fixture.work()));
               }),
               Contains("_operator-deprecations-content of the catalog is no directory"));
    CHECK_THAT(refusal_of([&] {
                 static_cast<void>(fbc::add_deprecations(at.index, "a", deprecations_of("a"), {},
                                                         at.fixture.work()));
               }),
               Contains("is no directory"));
  }
  CHECK(packages_of({.kind = {}, .path = outside}) == packages);
  CHECK(fs::exists(outside / "a/a.json"));
}

TEST_CASE("what fails leaves the index and no result", "[fbc][engine]") {
  FileBasedIndex at;
  at.write("own/catalog.json", R"({"schema":"olm.package","name":"own")");
  const auto before = packages_of({.kind = {}, .path = at.fixture.directory()});

  const auto text = refusal_of(
      [&] { static_cast<void>(at.engine.add(at.without_database(), {}, {}, at.fixture.work())); });

  CHECK_THAT(text, Contains("own/catalog.json (line 1)"));
  CHECK(packages_of({.kind = {}, .path = at.fixture.directory()}) == before);
}

TEST_CASE("bundles that live in the catalog only cannot be deprecated", "[fbc][engine]") {
  FileBasedIndex at;
  const auto text = refusal_of([&] {
    static_cast<void>(at.engine.deprecate(
        at.index, std::vector<std::string>{"example.com/bundle:v1"}, {}, at.fixture.work()));
  });
  CHECK_THAT(text, Contains("example.com/bundle:v1") && Contains("fbc-operations"));
}

TEST_CASE("packages that are not kept go from both places", "[fbc][engine]") {
  FileBasedIndex at;
  const auto pruned = at.engine.prune(at.index, std::vector<std::string>{"b"}, at.fixture.work());
  CHECK(packages_of(pruned) == std::vector<std::string>{"b"});
  CHECK(at.database_of(pruned) == std::vector<std::string>{"b"});
}

TEST_CASE("all bundles of a catalog are listed", "[fbc][engine]") {
  FileBasedIndex at;
  std::vector<std::string> lines;
  for (const auto& bundle : at.engine.list(at.index, at.fixture.work())) {
    lines.push_back(
        fmt::format("{} {} {} {}", bundle.package, bundle.name, bundle.version, bundle.pull_spec));
  }
  CHECK(lines == std::vector<std::string>{"a a.v1 1.0.0 reg/ns/a.v1:1",
                                          "b b.v1 1.0.0 reg/ns/b.v1:1",
                                          "own own.v1 1.0.0 example.com/bundle:v1"});
}

TEST_CASE("the form of manifests follows the OCP version", "[fbc][engine]") {
  FileBasedIndex at{{.level = [](std::string_view version) {
    return version == "v4.18" ? fbc::MigrateLevel::bundle_object_to_csv_metadata
                              : fbc::MigrateLevel::none;
  }}};
  const auto [version, property] = GENERATE(table<const char*, const char*>(
      {{"v4.18", "olm.csv.metadata"}, {"v4.12", "olm.bundle.object"}}));
  at.index.ocp_version = version;

  const auto added =
      at.engine.add(at.index, at.bundle("a.v2(2.0.0; replaces a.v1; package a)", "reg/ns/a2:1"), {},
                    at.fixture.work());

  CHECK_THAT(text_of(added, "a/catalog.json"), Contains(property));
}

TEST_CASE("a database is handed on", "[fbc][engine]") {
  FileBasedIndex at;
  const auto removed =
      at.engine.remove(at.fixture.index.value(), std::vector<std::string>{"a"}, at.fixture.work());
  CHECK(removed.kind == catalog::CatalogKind::sqlite);
  CHECK(at.engine.list(removed, at.fixture.work()).size() == 1);
}

}  // namespace iib::test
