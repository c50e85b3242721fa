#include "image/unpacked_files.hpp"

#include "iib/base/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace {

using iib::image::Blob;
using iib::image::LayerCache;
using iib::image::UnpackedFiles;
using iib::model::Digest;

namespace fs = std::filesystem;

constexpr std::uint64_t kCacheBytes = 8000;
constexpr std::size_t kMostKept = 1000;  // an eighth
const iib::io::PathNames kPath{"database", "index.db"};

std::string content_of(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

struct Fixture {
  iib::TempDir directory{fs::temp_directory_path()};
  iib::Log log{iib::make_null_sink(), "image", iib::LogLevel::error};
  LayerCache cache{directory.path() / "layers", kCacheBytes, log};
  UnpackedFiles files{cache, kCacheBytes};
  std::vector<Blob> layers{{"", Digest::of("lower"), 1}, {"", Digest::of("upper"), 1}};
  int copies = 0;

  /// What was read out of an image, as `database/index.db`.
  [[nodiscard]] fs::path read(const std::string& content) const {
    auto root = directory.path() / "read";
    fs::create_directories(root / "database");
    std::ofstream{root / "database" / "index.db", std::ios::binary} << content;
    return root;
  }
  void keep(const fs::path& root) { files.keep(layers, kPath, root, {}, log); }
  /// The content of a copy, if there is one.
  std::optional<std::string> copy(const std::vector<Blob>& of, const iib::io::PathNames& path) {
    const auto root = directory.path() / fmt::format("copy-{}", ++copies);
    fs::create_directories(root);
    if (!files.copy(of, path, root)) return std::nullopt;
    return content_of(root / iib::io::join(path));
  }
};

}  // namespace

TEST_CASE("a file that was read out of an image is there for the next request",
          "[image][unpacked]") {
  Fixture fixture;
  const auto root = fixture.read("database");
  CHECK_FALSE(fixture.copy(fixture.layers, kPath));
  fixture.keep(root);
  std::ofstream{root / "database" / "index.db"} << "changed since";

  CHECK(fixture.copy(fixture.layers, kPath) == "database");
  CHECK(fixture.copy(fixture.layers, kPath) == "database");
}

TEST_CASE("only the same path of the same layers is the same file", "[image][unpacked]") {
  Fixture fixture;
  fixture.keep(fixture.read("database"));

  CHECK_FALSE(fixture.copy(fixture.layers, {"database", "other.db"}));
  CHECK_FALSE(fixture.copy({fixture.layers[0]}, kPath));
  CHECK_FALSE(fixture.copy({fixture.layers[1], fixture.layers[0]}, kPath));
}

TEST_CASE("what is no file, or a large one, is not kept", "[image][unpacked]") {
  Fixture fixture;
  auto root = fixture.read("database");
  SECTION("absent") {
    fs::remove(root / "database" / "index.db");
  }
  SECTION("a folder") {
    fs::remove(root / "database" / "index.db");
    fs::create_directory(root / "database" / "index.db");
  }
  SECTION("a link") {
    fs::rename(root / "database" / "index.db", root / "database" / "real.db");
    fs::create_symlink("real.db", root / "database" / "index.db");
  }
  SECTION("below a link") {
    fs::rename(root / "database", root / "real");
    fs::create_symlink("real", root / "database");
  }
  SECTION("large") {
    root = fixture.read(std::string(kMostKept + 1, 'x'));
  }

  fixture.keep(root);

  CHECK_FALSE(fixture.copy(fixture.layers, kPath));
  CHECK(fs::is_empty(fixture.directory.path() / "layers"));
}

TEST_CASE("a file that left the cache, or lost a part, is read out of the image again",
          "[image][unpacked]") {
  Fixture fixture;
  fixture.keep(fixture.read("database"));
  const bool gone = GENERATE(true, false);
  const fs::path file = fs::directory_iterator {
    fixture.directory.path() / "layers"
    } -> path();
  if (gone) {
    fs::remove(file);
  } else {
    fs::resize_file(file, 3);
  }

  CHECK_FALSE(fixture.copy(fixture.layers, kPath));
}

TEST_CASE("a disk without space costs the copy for later, not the request", "[image][unpacked]") {
  Fixture fixture;
  const auto root = fixture.read("database");
  fs::remove_all(fixture.directory.path() / "layers");  // as good as a full disk

  CHECK_NOTHROW(fixture.keep(root));

  CHECK_FALSE(fixture.copy(fixture.layers, kPath));
}
