#include "image/image_build.hpp"

#include "iib/base/files.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

namespace {

using iib::image::arrange;

namespace fs = std::filesystem;

struct Fixture {
  Fixture() { iib::write_file_atomically(source, "content", 0600); }

  iib::TempDir directory{fs::temp_directory_path()};
  fs::path source = directory.path() / "source";
  fs::path staged = directory.path() / "staged";
};

}  // namespace

TEST_CASE("a single file is copied from where it lies", "[image][arrange]") {
  Fixture fixture;

  const auto copies = arrange({{fixture.source, "/database/index.db", 0644}}, fixture.staged);

  REQUIRE(copies.size() == 1);
  CHECK(copies[0].source == fixture.source);
  CHECK(copies[0].target == "/database/index.db");
  CHECK(copies[0].mode == 0644U);
  CHECK_FALSE(fs::exists(fixture.staged));
}

TEST_CASE("files go together from the longest folder that they share", "[image][arrange]") {
  Fixture fixture;

  const auto copies = arrange({{fixture.source, "/tmp/cache/a", 0644},
                               {fixture.source, "/tmp/cache/deep/b", 0755},
                               {fixture.source, "/configs/p/c.json", 0644},
                               {fixture.source, "/configs/q/c.json", 0644},
                               {fixture.source, "/database/index.db", 0644}},
                              fixture.staged);

  REQUIRE(copies.size() == 3);
  CHECK(copies[0].target == "/configs");
  CHECK(fs::exists(copies[0].source / "q/c.json"));
  CHECK(copies[1].target == "/database/index.db");
  CHECK(copies[2].target == "/tmp/cache");  // /tmp itself keeps the mode that the base gives it
  CHECK(fs::status(copies[2].source / "deep/b").permissions() == static_cast<fs::perms>(0755));
  CHECK(fs::status(copies[2].source / "deep").permissions() == static_cast<fs::perms>(0755));
  CHECK(fs::status(copies[2].source / "a").permissions() == static_cast<fs::perms>(0644));
}

TEST_CASE("a source that buildah would take for a pattern is copied first", "[image][arrange]") {
  Fixture fixture;
  const auto odd = fixture.directory.path() / "a[b]*.yaml";
  fs::rename(fixture.source, odd);

  const auto copies = arrange({{odd, "/manifests/a[b]*.yaml", 0644}}, fixture.staged);

  REQUIRE(copies.size() == 1);
  CHECK(copies[0].target == "/manifests");
  CHECK(fs::exists(copies[0].source / "a[b]*.yaml"));
}
