#include "iib/io/archive.hpp"

#include "byte_source.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "layer.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace {

using iib::Cancellation;
using iib::UserError;
using iib::io::ByteSource;
using iib::io::ExtractLimits;
using iib::io::LayerExtractor;
using iib::test::bytes_of;
using iib::test::Compression;
using iib::test::LayerEntry;
using iib::test::make_layer;

namespace fs = std::filesystem;

constexpr auto kDirectory = LayerEntry::Kind::directory;
constexpr auto kLink = LayerEntry::Kind::symbolic_link;
constexpr auto kHardLink = LayerEntry::Kind::hard_link;
constexpr auto kDevice = LayerEntry::Kind::device;

/// An image's wanted parts being read into a directory with a neighbour that must stay untouched.
struct Fixture {
  iib::TempDir directory{fs::temp_directory_path()};
  fs::path destination = make(directory.path() / "destination");
  fs::path outside = directory.path() / "outside";

  Fixture() { iib::write_file_atomically(outside, "untouched"); }
  ~Fixture() { CHECK(iib::read_file(outside, 100) == "untouched"); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  static fs::path make(const fs::path& path) {
    fs::create_directory(path);
    return path;
  }

  void extract(const std::vector<std::vector<LayerEntry>>& layers,
               const std::vector<std::string>& paths = {"manifests/", "/metadata"},
               ExtractLimits limits = {}) const {
    LayerExtractor extractor{"image X", paths, destination, std::move(limits)};
    for (const auto& layer : layers) extractor.apply(bytes_of(make_layer(layer)), {});
    extractor.finish();
  }

  [[nodiscard]] std::string read(const std::string& path) const {
    return iib::read_file(destination / path, 1U << 20U);
  }

  /// Every path below the destination, sorted.
  [[nodiscard]] std::vector<std::string> list() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator{destination}) {
      found.push_back(entry.path().lexically_relative(destination).string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
};

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("files keep their permissions, but stay ours to read and change", "[io][archive]") {
  const auto [mode, kept] = GENERATE(table<unsigned, unsigned>(
      {{0644U, 0644U}, {0755U, 0755U}, {0400U, 0600U}, {0000U, 0600U}, {04755U, 0755U}}));
  CAPTURE(mode);
  const Fixture fixture;

  fixture.extract({{{"manifests/a", "1", LayerEntry::Kind::file, mode}}});

  CHECK(static_cast<unsigned>(fs::status(fixture.destination / "manifests/a").permissions()) ==
        kept);
}

TEST_CASE("directories keep their permissions, and have 0755 when no layer tells",
          "[io][archive]") {
  const auto [mode, kept] = GENERATE(
      table<unsigned, unsigned>({{0755U, 0755U}, {0775U, 0775U}, {0550U, 0750U}, {0U, 0700U}}));
  CAPTURE(mode);
  const Fixture fixture;
  const auto mode_of = [&](const char* name) {
    return static_cast<unsigned>(fs::status(fixture.destination / name).permissions());
  };

  fixture.extract({{{"manifests", "", LayerEntry::Kind::directory, 0700U}},
                   {{"manifests", "", LayerEntry::Kind::directory, mode},
                    {"metadata/deep/a", "1", LayerEntry::Kind::file, 0644U}}});

  CHECK(mode_of("manifests") == kept);
  CHECK(mode_of("metadata/deep") == 0755U);
}

TEST_CASE("only what lies below wanted paths is taken", "[io][archive]") {
  Fixture fixture;

  fixture.extract({{{"./bin", "usr/bin", kLink},
                    {"./manifests", "", kDirectory},
                    {"./manifests/csv.yaml", "csv"},
                    {"manifests-other/x", "no"},
                    {"metadata/deep/a", "a"},
                    {"etc/passwd", "no"}}});

  CHECK(fixture.list() ==
        Paths{"manifests", "manifests/csv.yaml", "metadata", "metadata/deep", "metadata/deep/a"});
  CHECK(fixture.read("manifests/csv.yaml") == "csv");
}

TEST_CASE("a single file may be wanted", "[io][archive]") {
  Fixture fixture;

  fixture.extract({{{"database/index.db", "db"}, {"database/other", "no"}}},
                  {"/database/index.db"});

  CHECK(fixture.list() == Paths{"database", "database/index.db"});
}

TEST_CASE("layers are read plain or compressed, told by their content", "[io][archive]") {
  Fixture fixture;
  const auto compression = GENERATE(Compression::none, Compression::gzip, Compression::zstd);
  LayerExtractor extractor{"image X", Paths{"a"}, fixture.destination};

  extractor.apply(bytes_of(make_layer({{"a", "content"}}, compression)), {});
  extractor.finish();

  CHECK(fixture.read("a") == "content");
}

TEST_CASE("an empty layer is fine", "[io][archive]") {
  Fixture fixture;

  fixture.extract({{}, {{"manifests/a", "1"}}});

  CHECK(fixture.read("manifests/a") == "1");
}

TEST_CASE("later layers replace, whatever the kinds", "[io][archive]") {
  Fixture fixture;

  fixture.extract({{{"manifests/file", "1"},
                    {"manifests/folder/x", "1"},
                    {"manifests/link", "file", kLink},
                    {"manifests/kept/x", "1"}},
                   {{"manifests/file", "", kDirectory},
                    {"manifests/folder", "2"},
                    {"manifests/link", "2"},
                    {"manifests/kept", "", kDirectory}}});

  CHECK(fixture.list() == Paths{"manifests", "manifests/file", "manifests/folder", "manifests/kept",
                                "manifests/kept/x", "manifests/link"});
  CHECK(fs::is_directory(fixture.destination / "manifests/file"));
  CHECK(fixture.read("manifests/folder") == "2");
  CHECK(fixture.read("manifests/link") == "2");
}

TEST_CASE("whiteouts hide what lower layers have, and only that", "[io][archive]") {
  Fixture fixture;
  const std::vector<LayerEntry> lower{
      {"manifests/a", "1"}, {"manifests/b/c", "1"}, {"metadata/m", "1"}};

  SECTION("one name") {
    fixture.extract({lower, {{"manifests/.wh.b", ""}}});
    CHECK(fixture.list() == Paths{"manifests", "manifests/a", "metadata", "metadata/m"});
  }
  SECTION("a name that the same layer brings anew, in either order") {
    fixture.extract({lower, {{"manifests/b/d", "2"}, {"manifests/.wh.b", ""}}});
    CHECK(fixture.list() == Paths{"manifests", "manifests/a", "manifests/b", "manifests/b/d",
                                  "metadata", "metadata/m"});
  }
  SECTION("everything in a folder, told after what the layer brings") {
    fixture.extract({lower, {{"manifests/new", "2"}, {"manifests/.wh..wh..opq", ""}}});
    CHECK(fixture.list() == Paths{"manifests", "manifests/new", "metadata", "metadata/m"});
  }
  SECTION("a wanted path as a whole") {
    fixture.extract({lower, {{".wh.manifests", ""}}});
    CHECK(fixture.list() == Paths{"metadata", "metadata/m"});
  }
  SECTION("the root's contents") {
    fixture.extract({lower, {{".wh..wh..opq", ""}, {"metadata/n", "2"}}});
    CHECK(fixture.list() == Paths{"metadata", "metadata/n"});
  }
  SECTION("a link in place of a folder on the way") {
    fixture.extract({{{"a/b/c", "1"}}, {{"a", "elsewhere", kLink}}}, {"a/b"});
    CHECK_FALSE(fs::exists(fixture.destination / "a/b"));
  }
  SECTION("names that would lead up are ignored") {
    fixture.extract({lower, {{"manifests/.wh...", ""}, {"manifests/.wh.", ""}}});
    CHECK(fixture.list().size() == 6);
  }
}

TEST_CASE("links inside of what is wanted are kept", "[io][archive]") {
  Fixture fixture;

  fixture.extract({{{"manifests/a", "1"},
                    {"manifests/soft", "a", kLink},
                    {"metadata/across", "../manifests/a", kLink},
                    {"manifests/hard", "manifests/a", kHardLink},
                    {"manifests/dangling", "nothing", kLink}}});

  CHECK(fixture.read("manifests/soft") == "1");
  CHECK(fixture.read("metadata/across") == "1");
  CHECK(fixture.read("manifests/hard") == "1");
}

TEST_CASE("replacing one name of a hard link leaves the other", "[io][archive]") {
  Fixture fixture;

  fixture.extract(
      {{{"manifests/a", "1"}, {"manifests/b", "manifests/a", kHardLink}}, {{"manifests/a", "2"}}});

  CHECK(fixture.read("manifests/b") == "1");
}

TEST_CASE("entries that point outside are refused, naming image and entry", "[io][archive]") {
  Fixture fixture;
  const auto [name, layer, entry] =
      GENERATE(table<std::string, std::vector<LayerEntry>, std::string>({
          {"parent", {{"../outside", "evil"}}, "../outside"},
          {"parent within", {{"manifests/../../outside", "evil"}}, "manifests/../../outside"},
          {"absolute", {{"/manifests/x", "evil"}}, "/manifests/x"},
          {"absolute link", {{"manifests/l", "/etc/passwd", kLink}}, "manifests/l"},
          {"link up", {{"manifests/l", "../../outside", kLink}}, "manifests/l"},
          {"link to what is not wanted", {{"manifests/l", "../etc", kLink}}, "manifests/l"},
          {"wanted path is a link", {{"manifests", "..", kLink}}, "manifests"},
          {"chain of links",
           {{"manifests/a/b/up", "../..", kLink}, {"manifests/l", "a/b/up/../../outside", kLink}},
           "manifests/l"},
          {"link to itself", {{"manifests/l", "l", kLink}}, "manifests/l"},
          {"write through a link",
           {{"manifests/l", "../..", kLink}, {"manifests/l/outside", "evil"}},
           "manifests/l/outside"},
          {"make a folder through a link",
           {{"manifests/l", "../..", kLink}, {"manifests/l/new", "", kDirectory}},
           "manifests/l/new"},
          {"hard link up", {{"manifests/h", "../outside", kHardLink}}, "manifests/h"},
          {"hard link absolute", {{"manifests/h", "/etc/passwd", kHardLink}}, "manifests/h"},
          {"hard link to what is not wanted", {{"manifests/h", "etc/x", kHardLink}}, "manifests/h"},
          {"hard link through a link",
           {{"manifests/l", "../..", kLink}, {"manifests/h", "manifests/l/outside", kHardLink}},
           "manifests/h"},
          {"hard link to a link",
           {{"manifests/l", "../../outside", kLink}, {"manifests/h", "manifests/l", kHardLink}},
           "manifests/h"},
          {"hard link in place of its target's folder",
           {{"manifests/d/f", "1"}, {"manifests/d", "manifests/d/f", kHardLink}},
           "manifests/d"},
          {"link in place of the root", {{"./", "manifests", kLink}}, "./"},
          {"file below a file", {{"manifests/f", "1"}, {"manifests/f/g", "1"}}, "manifests/f/g"},
      }));
  CAPTURE(name);

  CHECK_THROWS_WITH(fixture.extract({layer}), Catch::Contains("image X") && Catch::Contains(entry));
  CHECK_FALSE(fs::exists(fixture.directory.path() / "new"));
}

TEST_CASE("a file written over a link replaces it and goes nowhere else", "[io][archive]") {
  Fixture fixture;

  fixture.extract({{{"manifests/l", "../../outside", kLink}, {"manifests/l", "evil"}}});

  CHECK(fixture.read("manifests/l") == "evil");
}

TEST_CASE("devices are left out", "[io][archive]") {
  Fixture fixture;

  fixture.extract({{{"manifests/null", "", kDevice}, {"manifests/a", "1"}}});

  CHECK(fixture.list() == Paths{"manifests", "manifests/a"});
}

TEST_CASE("bounds hold", "[io][archive]") {
  Fixture fixture;
  const Paths all{"manifests", "database/index.db"};
  const std::string big(2000, 'x');

  SECTION("of a file, but paths may have their own") {
    const ExtractLimits limits{.file_bytes = 1000,
                               .file_bytes_below = {{"database/index.db", 3000}}};
    CHECK_NOTHROW(fixture.extract({{{"database/index.db", big}}}, all, limits));
    CHECK_THROWS_WITH(fixture.extract({{{"manifests/big", big}}}, all, limits),
                      Catch::Contains("manifests/big") && Catch::Contains("1000"));
  }
  SECTION("of the whole") {
    CHECK_THROWS_AS(fixture.extract({{{"manifests/a", big}}, {{"manifests/b", big}}}, all,
                                    {.total_bytes = 3000}),
                    UserError);
  }
  SECTION("of the number of entries") {
    CHECK_THROWS_AS(
        fixture.extract({{{"manifests/a", ""}, {"manifests/b", ""}}}, all, {.entries = 1}),
        UserError);
    CHECK_THROWS_AS(fixture.extract({{{"x", ""}, {"y", ""}}}, all, {.layer_entries = 1}),
                    UserError);
  }
  SECTION("of the depth") {
    CHECK_THROWS_AS(fixture.extract({{{"manifests/a/b/c", ""}}}, all, {.depth = 3}), UserError);
  }
}

TEST_CASE("a damaged archive is refused by name", "[io][archive]") {
  Fixture fixture;
  auto layer = make_layer({{"a", std::string(100'000, 'x')}}, Compression::none);
  LayerExtractor extractor{"image X", Paths{"a"}, fixture.destination};

  SECTION("cut short") {
    layer.resize(layer.size() / 2);
  }
  SECTION("not an archive at all") {
    layer = "this is no archive";
  }

  CHECK_THROWS_WITH(extractor.apply(bytes_of(layer), {}), Catch::Contains("image X"));
}

TEST_CASE("what the source throws comes out", "[io][archive]") {
  Fixture fixture;
  LayerExtractor extractor{"image X", Paths{"a"}, fixture.destination};
  const ByteSource broken = [](std::span<char>) -> std::size_t {
    throw iib::ExternalError{"connection lost", iib::ExternalError::Retry::yes};
  };

  CHECK_THROWS_WITH(extractor.apply(broken, {}), "connection lost");
}

TEST_CASE("extraction hears cancellation", "[io][archive]") {
  Fixture fixture;
  std::stop_source source;
  source.request_stop();
  LayerExtractor extractor{"image X", Paths{"a"}, fixture.destination};

  CHECK_THROWS_AS(
      extractor.apply(bytes_of(make_layer({{"a", "x"}})), Cancellation{source.get_token()}),
      iib::Cancelled);
}
