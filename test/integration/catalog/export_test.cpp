#include "engine_site.hpp"
#include "iib/catalog/package_manifests.hpp"
#include "index_fixture.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr auto kLabel = "operators.operatorframework.io.index.database.v1";
constexpr std::size_t kLimit = 64UL << 20U;

/// Every file below `root` with its bytes.
std::map<std::string, std::string> tree_of(const fs::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator{root}) {
    if (!entry.is_regular_file()) continue;
    files[entry.path().lexically_relative(root).string()] = read_file(entry.path(), kLimit);
  }
  return files;
}

/// An index of two packages, with channels whose names are difficult in YAML.
class ExportedIndex {
 public:
  ExportedIndex() {
    const auto engine = site.make_engine(EngineKind::embedded);
    for (const std::string notation :
         {"v1(1.0.0, alpha, c1, c2, c3; default alpha)",
          "v2(2.0.0, alpha, c4, c5, c6, c7, c8, c9; replaces v1; default alpha)",
          "o1(0.1.0; package other)"}) {
      const auto bundle = site.bundle(notation);
      directories_[bundle.pull_spec] = bundle.directory;
      const std::vector<catalog::BundleSource> bundles{bundle};
      index = engine->add(index, bundles, {}, site.work());
    }
    int number = 0;
    for (const std::string name :
         {"1.0", "yes", "a: b", "it''s", "é", "2024-01-02", "1:30", " x", "*y"}) {
      const auto old = fmt::format("c{}", ++number);
      change_database(
          index->path,
          fmt::format("PRAGMA foreign_keys = OFF; UPDATE channel SET name = '{0}' WHERE name = "
                      "'{1}'; UPDATE channel_entry SET channel_name = '{0}' WHERE channel_name = "
                      "'{1}'",
                      name, old));
    }
  }

  /// The index as an image in the registry.
  std::string push() {
    TestImage image;
    image.layers = {{{.path = "database", .content = {}, .type = TarEntry::Type::directory},
                     {.path = "database/index.db", .content = read_file(index->path, kLimit)}}};
    image.labels = {{kLabel, "/database/index.db"}};
    return fmt::format("{}/index@{}", site.registry().address(), site.push("index", image));
  }

  void fetch(const std::string& pull_spec, const fs::path& destination) const {
    fs::copy(directories_.at(pull_spec), destination, fs::copy_options::recursive);
  }

  EngineSite site;
  std::optional<catalog::Catalog> index;

 private:
  std::map<std::string, fs::path> directories_;
};

}  // namespace

TEST_CASE("an export equals that of opm byte for byte", "[catalog][export]") {
  if (!have_programs({"docker-registry", "opm"})) {
    IIBD_SKIP("needs docker-registry and opm on PATH");
  }
  ExportedIndex exported;
  const TempDir directory{fs::temp_directory_path(), "iibd-export-"};
  fs::create_directory(directory.path() / "programs");
  io::ProgramRunner programs{directory.path() / "programs"};
  const auto packages = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"other"},
                                 std::vector<std::string>{"nosuch"});
  std::vector<std::string> arguments{"index",      "export", "-f",           "theirs",
                                     "--use-http", "-i",     exported.push()};
  for (const auto& package : packages) arguments.push_back("--package=" + package);

  const auto exit = programs.run({.name = "opm",
                                  .arguments = arguments,
                                  .environment = {},
                                  .working_directory = directory.path()},
                                 {});
  const auto fetch = [&](const std::string& pull_spec, const fs::path& destination) {
    exported.fetch(pull_spec, destination);
  };
  (void)catalog::export_packages(*exported.index, packages, directory.path() / "ours", fetch,
                                 exported.site.work());

  CAPTURE(exit.error_output);
  REQUIRE(exit.status == 0);
  CHECK(tree_of(directory.path() / "ours") == tree_of(directory.path() / "theirs"));
}

}  // namespace iib::test
