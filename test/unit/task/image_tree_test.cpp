#include "task/image_tree.hpp"

#include "iib/base/files.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iterator>
#include <string>

using namespace iib;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path) {
  fs::create_directories(path.parent_path());
  write_file_atomically(path, path.filename().string());
}

const image::LayerFile* find_file(const image::ImageContent& content, const std::string& target) {
  const auto found = std::find_if(content.files.begin(), content.files.end(),
                                  [&](const auto& file) { return file.target == target; });
  return found == content.files.end() ? nullptr : &*found;
}

bool has_directory(const image::ImageContent& content, const std::string& target) {
  return std::any_of(content.directories.begin(), content.directories.end(),
                     [&](const auto& directory) { return directory.target == target; });
}

}  // namespace

TEST_CASE("a directory lies in an image with modes and owner of its own", "[image-tree]") {
  const TempDir directory{fs::temp_directory_path()};
  const auto root = directory.path() / "root";
  write(root / "p" / "catalog.json");
  write(root / "q" / "catalog.json");
  fs::create_directory(root / "empty");
  image::ImageContent content;

  task::add_tree(content, root,
                 {.target = "/configs", .below = 0750, .files = 0640, .owner = {.user = 1001}},
                 [](const std::string& path) { return !path.starts_with("q"); });

  REQUIRE(content.files.size() == 1);
  const auto* file = find_file(content, "/configs/p/catalog.json");
  REQUIRE(file != nullptr);
  CHECK(file->source == root / "p" / "catalog.json");
  CHECK(file->mode == 0640);
  CHECK(file->owner == image::Owner{.user = 1001, .group = 0});
  CHECK(has_directory(content, "/configs"));
  CHECK(has_directory(content, "/configs/empty"));
  CHECK_FALSE(has_directory(content, "/configs/q"));
}

TEST_CASE("links of a catalog become the files that they lead to", "[image-tree]") {
  const TempDir directory{fs::temp_directory_path()};
  const auto root = directory.path() / "root";
  const auto copy = directory.path() / "copy";
  write(root / "p" / "catalog.json");
  fs::create_directory(copy);

  CHECK(task::without_links(root, copy) == root);

  fs::create_directory(root / "q");
  fs::create_symlink("../p/catalog.json", root / "q" / "link.json");
  REQUIRE(task::without_links(root, copy) == copy);
  CHECK(fs::is_regular_file(fs::symlink_status(copy / "q" / "link.json")));
  CHECK(read_file(copy / "q" / "link.json", 100) == "catalog.json");
  CHECK(fs::is_regular_file(copy / "p" / "catalog.json"));
}

TEST_CASE("links of a catalog that lead to no file of it are left out", "[image-tree]") {
  const TempDir directory{fs::temp_directory_path()};
  const auto root = directory.path() / "root";
  const auto copy = directory.path() / "copy";
  write(root / "p" / "catalog.json");
  write(directory.path() / "secret");
  fs::create_directory(copy);
  fs::create_directory(root / "q");
  fs::create_symlink("../../secret", root / "q" / "outside");
  fs::create_symlink("nothing", root / "q" / "dangling");
  fs::create_symlink("loop", root / "q" / "loop");
  fs::create_directory_symlink("../p", root / "q" / "directory");

  REQUIRE(task::without_links(root, copy) == copy);
  CHECK(fs::is_regular_file(copy / "p" / "catalog.json"));
  CHECK(fs::is_empty(copy / "q"));
}

TEST_CASE("links to directories do not multiply what is copied", "[image-tree]") {
  const TempDir directory{fs::temp_directory_path()};
  const auto root = directory.path() / "root";
  const auto to = directory.path() / "to";
  constexpr int kLevels = 20;  // 2^20 files, if the links were followed
  for (int i = 0; i < kLevels; ++i) {
    const auto level = root / "p" / std::to_string(i);
    fs::create_directories(level);
    if (i == 0) continue;
    for (const auto* name : {"a", "b"}) {
      fs::create_directory_symlink(fs::path{".."} / std::to_string(i - 1), level / name);
    }
  }
  write(root / "p" / "0" / "catalog.json");
  fs::create_symlink("0/catalog.json", root / "p" / "first.json");

  task::copy_plain(root, "p", to);
  const fs::recursive_directory_iterator all{to};
  CHECK(std::distance(fs::begin(all), fs::end(all)) == 1 + kLevels + 2);
  CHECK(read_file(to / "p" / "first.json", 100) == "catalog.json");
  task::copy_plain(root, "missing", to);
  CHECK_FALSE(fs::exists(to / "missing"));
}
