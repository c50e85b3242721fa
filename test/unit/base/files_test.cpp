#include "iib/base/files.hpp"

#include "iib/base/error.hpp"
#include "iib/base/link_or_copy.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <filesystem>

using namespace iib;
namespace fs = std::filesystem;

TEST_CASE("a temporary directory is private and goes with its contents", "[base]") {
  fs::path path;
  {
    const TempDir dir{fs::temp_directory_path()};
    path = dir.path();
    write_file_atomically(path / "inside", "text");
    CHECK(fs::status(path).permissions() == fs::perms::owner_all);
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a file is replaced whole and gets its mode", "[base]") {
  const TempDir dir{fs::temp_directory_path()};
  const auto path = dir.path() / "file";

  write_file_atomically(path, "old");
  write_file_atomically(path, "new", 0600);

  CHECK(read_file(path, 100) == "new");
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(std::distance(fs::directory_iterator{dir.path()}, {}) == 1);
}

TEST_CASE("a write that cannot be done names the path and leaves nothing behind", "[base]") {
  const TempDir dir{fs::temp_directory_path()};
  fs::create_directory(dir.path() / "taken");

  CHECK_THROWS_WITH(write_file_atomically(dir.path() / "taken", "x"), Catch::Contains("taken"));
  CHECK(std::distance(fs::directory_iterator{dir.path()}, {}) == 1);
}

TEST_CASE("a file beyond its limit is refused", "[base]") {
  const TempDir dir{fs::temp_directory_path()};
  write_file_atomically(dir.path() / "file", "0123456789");

  CHECK(read_file(dir.path() / "file", 10) == "0123456789");
  CHECK_THROWS_AS(read_file(dir.path() / "file", 9), UserError);
  CHECK_THROWS_AS(read_file(dir.path() / "absent", 9), ExternalError);
}

TEST_CASE("a file is linked where it can be, and copied where not", "[base]") {
  const TempDir dir{fs::temp_directory_path()};
  const auto file = dir.path() / "file";
  write_file_atomically(file, "text");

  link_or_copy(file, dir.path() / "link");
  CHECK(fs::equivalent(file, dir.path() / "link"));

  if (fs::is_directory("/dev/shm")) {  // mostly another file system
    const TempDir elsewhere{"/dev/shm"};
    link_or_copy(file, elsewhere.path() / "copy");
    CHECK(read_file(elsewhere.path() / "copy", 100) == "text");
  }

  CHECK_THROWS_WITH(link_or_copy(file, dir.path() / "link"),
                    Catch::Contains((dir.path() / "link").string() + " cannot be written: "));
  CHECK_THROWS_AS(link_or_copy(file, dir.path() / "link"), ExternalError);
}
