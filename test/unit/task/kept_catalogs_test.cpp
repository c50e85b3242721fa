#include "iib/task/kept_catalogs.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace iib::task {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytes = 1000;

/// A directory of requests, and catalogs of them that have kBytes each.
struct Disk {
  UnpackedCatalog make(const std::string& name) const {
    const auto place = directory.path() / name;
    fs::create_directories(place / "root" / "package");
    fs::create_directories(place / "cache");
    std::ofstream{place / "root" / "package" / "catalog.json"} << std::string(kBytes - 20, 'a');
    std::ofstream{place / "cache" / "digest"} << std::string(10, 'd');
    std::ofstream{place / "index.db"} << std::string(10, 'b');
    return {.root = place / "root",
            .database = place / "index.db",
            .cache = place / "cache",
            .modes = {.exceptions = {{"package/catalog.json", 0600}}}};
  }

  std::size_t entries() const {
    const fs::directory_iterator each{kept};
    return static_cast<std::size_t>(std::distance(fs::begin(each), fs::end(each)));
  }

  TempDir directory{fs::temp_directory_path()};
  fs::path kept = [this] {
    fs::create_directory(directory.path() / "kept");
    return directory.path() / "kept";
  }();
  Log log{make_null_sink(), "test", LogLevel::error};
};

}  // namespace

TEST_CASE("a catalog is kept for each of its images, with its files taken away", "[task]") {
  const Disk disk;
  KeptCatalogs kept{disk.kept, 10 * kBytes};
  const auto catalog = disk.make("one");

  kept.keep({"sha256:a", "sha256:b"}, catalog, disk.log);

  CHECK_FALSE(fs::exists(catalog.root));
  CHECK_FALSE(fs::exists(catalog.database));
  const auto found = kept.find("sha256:b");
  REQUIRE(found);
  CHECK(found == kept.find("sha256:a"));
  CHECK(fs::file_size(found->root / "package" / "catalog.json") == kBytes - 20);
  CHECK(fs::file_size(found->cache / "digest") == 10);
  CHECK(fs::file_size(found->database) == 10);
  CHECK(found->modes.of_file("package/catalog.json") == 0600);
  CHECK(kept.find("sha256:c") == nullptr);
}

TEST_CASE("what was not used for longest goes first, once nobody uses it", "[task]") {
  const Disk disk;
  KeptCatalogs kept{disk.kept, 2 * kBytes};
  kept.keep({"sha256:a"}, disk.make("a"), disk.log);
  kept.keep({"sha256:b"}, disk.make("b"), disk.log);
  auto used = kept.find("sha256:a");
  kept.keep({"sha256:c"}, disk.make("c"), disk.log);

  CHECK(kept.find("sha256:b") == nullptr);
  CHECK(kept.find("sha256:a") == used);
  CHECK(disk.entries() == 2);
  (void)kept.find("sha256:c");
  kept.keep({"sha256:d"}, disk.make("d"), disk.log);

  CHECK(kept.find("sha256:a") == nullptr);
  CHECK(fs::exists(used->root / "package"));
  used.reset();
  CHECK(disk.entries() == 2);
}

TEST_CASE("the newest catalog of an image is kept, and none that is too large", "[task]") {
  const Disk disk;
  KeptCatalogs kept{disk.kept, kBytes};
  kept.keep({"sha256:a"}, disk.make("one"), disk.log);
  kept.keep({"sha256:a"}, disk.make("two"), disk.log);
  CHECK(disk.entries() == 1);

  const auto large = disk.make("three");
  std::ofstream{large.root / "more"} << "1";
  kept.keep({"sha256:b"}, large, disk.log);

  CHECK(kept.find("sha256:a"));
  CHECK(kept.find("sha256:b") == nullptr);
  CHECK(fs::exists(large.root / "more"));
}

TEST_CASE("so many catalogs are kept, however small, and all make way for a build", "[task]") {
  const Disk disk;
  KeptCatalogs kept{disk.kept, 1000 * kBytes};
  for (std::size_t i = 0; i <= KeptCatalogs::kMost; ++i) {
    const auto name = std::to_string(i);
    kept.keep({"sha256:" + name}, disk.make(name), disk.log);
  }
  CHECK(disk.entries() == KeptCatalogs::kMost);
  CHECK(kept.find("sha256:0") == nullptr);
  const auto used = kept.find("sha256:1");
  REQUIRE(used);

  kept.drop_all();

  CHECK(kept.find("sha256:1") == nullptr);
  CHECK(fs::exists(used->root / "package"));
  CHECK(disk.entries() == 1);
}

TEST_CASE("nothing is left when the daemon ends, and what cannot be kept is no failure", "[task]") {
  const Disk disk;
  {
    KeptCatalogs kept{disk.kept, 10 * kBytes};
    kept.keep({"sha256:a"}, disk.make("one"), disk.log);
    auto missing = disk.make("two");
    fs::remove_all(missing.cache);
    kept.keep({"sha256:b"}, missing, disk.log);
    CHECK(kept.find("sha256:b") == nullptr);
    CHECK(disk.entries() == 1);
  }
  CHECK(disk.entries() == 0);
}

}  // namespace iib::task
