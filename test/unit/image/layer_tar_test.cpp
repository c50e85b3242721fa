#include "image/layer/layer_tar.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "shell_output.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using iib::image::ImageContent;

namespace fs = std::filesystem;

struct Fixture {
  Fixture() { iib::write_file_atomically(source, "content", 0600); }

  [[nodiscard]] static std::string archive_of(const ImageContent& content) {
    std::string archive;
    iib::image::write_layer_tar(content, iib::parse_iso8601("2024-05-06T07:08:09Z"),
                                [&](std::string_view bytes) { archive += bytes; });
    return archive;
  }
  /// What GNU tar says of the layer: mode, owner, size and name of each entry.
  [[nodiscard]] std::string list(const ImageContent& content) const {
    iib::write_file_atomically(directory.path() / "tar", archive_of(content));
    return iib::test::shell_output(
        fmt::format("LC_ALL=C tar -tvf {} --numeric-owner 2>&1 | awk '{{print $1,$2,$3,$6}}'",
                    (directory.path() / "tar").string()));
  }

  iib::TempDir directory{fs::temp_directory_path()};
  fs::path source = directory.path() / "source";
};

}  // namespace

TEST_CASE("folders that are listed have modes and owners of their own, all others root's",
          "[image][layer]") {
  const Fixture fixture;

  CHECK(fixture.list({.files = {{.source = fixture.source,
                                 .target = "/tmp/cache/deep/a",
                                 .mode = 0640,
                                 .owner = {.user = 7, .group = 8}}},
                      .directories = {{.target = "/tmp/cache",
                                       .mode = 0750,
                                       .owner = {.user = 1001, .group = 5}},
                                      {.target = "/empty", .mode = 0700}}}) ==
        "drwx------ 0/0 0 empty/\n"
        "drwxrwxrwt 0/0 0 tmp/\n"
        "drwxr-x--- 1001/5 0 tmp/cache/\n"
        "drwxr-xr-x 0/0 0 tmp/cache/deep/\n"
        "-rw-r----- 7/8 7 tmp/cache/deep/a\n");
  CHECK(fixture.list({.directories = {{.target = "/tmp/x"}, {.target = "/tmp", .mode = 0755}}}) ==
        "drwxr-xr-x 0/0 0 tmp/\n"
        "drwxr-xr-x 0/0 0 tmp/x/\n");
}

TEST_CASE("what is removed is told by one whiteout each, in the folder of its base",
          "[image][layer]") {
  const Fixture fixture;

  CHECK(fixture.list({.files = {{.source = fixture.source, .target = "/configs/q/new"}},
                      .removed = {"/configs/q/old", "/top", "/configs/p", "/configs/p/catalog.json",
                                  "/configs/p", "/configs/p-2"}}) ==
        "-rw-r--r-- 0/0 0 .wh.top\n"
        "drwxr-xr-x 0/0 0 configs/\n"
        "-rw-r--r-- 0/0 0 configs/.wh.p\n"
        "-rw-r--r-- 0/0 0 configs/.wh.p-2\n"
        "drwxr-xr-x 0/0 0 configs/q/\n"
        "-rw-r--r-- 0/0 0 configs/q/.wh.old\n"
        "-rw-r--r-- 0/0 7 configs/q/new\n");
}

TEST_CASE("the same content gives the same bytes, whatever its order", "[image][layer]") {
  const Fixture fixture;
  ImageContent content{.files = {{.source = fixture.source, .target = "/b/1"},
                                 {.source = fixture.source, .target = "/a/2"}},
                       .directories = {{.target = "/d"}, {.target = "/c", .mode = 0700}},
                       .removed = {"/b/3", "/a/4"}};
  const auto first = Fixture::archive_of(content);

  std::swap(content.files[0], content.files[1]);
  std::swap(content.directories[0], content.directories[1]);
  std::swap(content.removed[0], content.removed[1]);

  CHECK(Fixture::archive_of(content) == first);
  content.directories[0].mode = 0701;
  CHECK_FALSE(Fixture::archive_of(content) == first);
}

TEST_CASE("content that no image can have is refused by its path", "[image][layer]") {
  const Fixture fixture;
  struct Case {
    std::vector<std::string> files;
    std::vector<std::string> directories;
    std::vector<std::string> removed;
    std::string told;
  };
  const auto given = GENERATE(values<Case>({
      {{"/a", "/a"}, {}, {}, "'/a'"},
      {{"/a", "//a/."}, {}, {}, "'//a/.'"},
      {{"/a", "/a/b"}, {}, {}, "'/a/b'"},
      {{"/a/b", "/a"}, {}, {}, "'/a/b'"},
      {{"/x", "a"}, {}, {}, "'a'"},
      {{"/x", "/"}, {}, {}, "'/'"},
      {{"/x/.wh.y"}, {}, {}, "'/x/.wh.y'"},
      {{"/a"}, {"/a"}, {}, "'/a'"},
      {{"/a"}, {"/a/b"}, {}, "'/a/b'"},
      {{}, {"/a", "/a"}, {}, "'/a'"},
      {{}, {"/.wh.x"}, {}, "'/.wh.x'"},
      {{"/a/b"}, {}, {"/a/b"}, "'/a/b'"},
      {{"/a/b/c"}, {}, {"/a"}, "'/a'"},
      {{}, {"/a/b"}, {"/a/b"}, "'/a/b'"},
      {{"/a"}, {}, {"/a/b"}, "'/a/.wh.b'"},
      {{}, {}, {"/"}, "'/'"},
      {{}, {}, {"x"}, "'x'"},
      {{}, {}, {"/a/../.."}, "'/a/../..'"},
      {{}, {}, {"/.wh..wh..opq"}, "'/.wh..wh..opq'"},
  }));
  CAPTURE(given.files, given.directories, given.removed);
  ImageContent content{.removed = given.removed};
  for (const auto& file : given.files) {
    content.files.push_back({.source = fixture.source, .target = file});
  }
  for (const auto& folder : given.directories) content.directories.push_back({.target = folder});

  CHECK_THROWS_WITH(Fixture::archive_of(content), Catch::Contains(given.told));
}
