// Layers that no tool writes: what the extractor makes of them.

#include "byte_source.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/io/archive.hpp"
#include "raw_tar.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace {

using iib::UserError;
using iib::io::ExtractLimits;
using iib::io::LayerExtractor;
using iib::test::endless;
using iib::test::RawTar;

namespace fs = std::filesystem;

struct Fixture {
  iib::TempDir directory{fs::temp_directory_path()};
  std::uint64_t given = 0;  ///< Bytes that were asked for.

  void extract(const std::vector<RawTar>& layers, const ExtractLimits& limits = {}) {
    const std::vector<std::string> paths{"manifests"};
    LayerExtractor extractor{"image X", paths, directory.path(), limits};
    for (const auto& layer : layers) extractor.apply(endless(layer.bytes(), given), {});
    extractor.finish();
  }

  [[nodiscard]] std::string read(const std::string& path) const {
    return iib::read_file(directory.path() / path, 1000);
  }
  [[nodiscard]] bool holds_files() const {
    const fs::recursive_directory_iterator all{directory.path()};
    return std::any_of(begin(all), end(all), [](const auto& at) { return at.is_regular_file(); });
  }
};

}  // namespace

TEST_CASE("names are bytes: one that is not UTF-8 is taken as it is", "[io][archive]") {
  Fixture fixture;
  const std::string name = "manifests/caf\xe9";
  const auto [how, layer] = GENERATE_COPY(table<std::string, RawTar>({
      {"ustar", RawTar{}.entry(name, '0', "x")},
      {"PAX", RawTar{}.pax({{"path", name}}).entry("short", '0', "x")},
      {"PAX with its charset told",
       RawTar{}.pax({{"hdrcharset", "BINARY"}, {"path", name}}).entry("short", '0', "x")},
      {"GNU", RawTar{}.entry("././@LongLink", 'L', name + '\0').entry("short", '0', "x")},
  }));
  CAPTURE(how);

  fixture.extract({layer, RawTar{}.entry("manifests/link", '2', "", "caf\xe9")});

  CHECK(fixture.read("manifests/caf\xe9") == "x");
  CHECK(fixture.read("manifests/link") == "x");
}

TEST_CASE("UTF-8 names are taken as they are, whatever the locale", "[io][archive]") {
  Fixture fixture;
  const std::string name = "manifests/caf\xc3\xa9";

  fixture.extract({RawTar{}.entry(name, '0', "1"),
                   RawTar{}.pax({{"path", name + "2"}}).entry("short", '0', "2")});

  CHECK(fixture.read(name) == "1");
  CHECK(fixture.read(name + "2") == "2");
}

TEST_CASE("a whiteout hides a name that is not UTF-8", "[io][archive]") {
  Fixture fixture;

  fixture.extract({RawTar{}.entry("manifests/\xff\xfe", '0', "x"),
                   RawTar{}.pax({{"path", "manifests/.wh.\xff\xfe"}}).entry("short")});

  CHECK_FALSE(fixture.holds_files());
}

TEST_CASE("an error shows a name that is not UTF-8 escaped", "[io][archive]") {
  Fixture fixture;

  CHECK_THROWS_WITH(fixture.extract({RawTar{}.entry("manifests/caf\xe9", '2', "", "/etc/\xff")}),
                    Catch::Contains(R"(manifests/caf\xe9)") && Catch::Contains(R"(/etc/\xff)") &&
                        !Catch::Contains("\xe9") && !Catch::Contains("\xff"));
}

TEST_CASE("PAX values that are too large are refused", "[io][archive]") {
  Fixture fixture;
  const std::string long_name(800'000, 'n');
  const auto [how, layer, cause] = GENERATE_COPY(table<std::string, RawTar, std::string>({
      {"beyond what libarchive reads",
       RawTar{}.pax({{"comment", std::string(2'000'000, 'c')}}).entry("manifests/a"),
       "tar archive"},
      {"a name", RawTar{}.pax({{"path", "manifests/" + long_name}}).entry("short"), "255 bytes"},
      {"a path",
       RawTar{}.pax({{"path", "manifests" + fmt::format("{:/>300000}", "x")}}).entry("short"), ""},
      {"a target",
       RawTar{}.pax({{"linkpath", long_name}}).entry("manifests/link", '2', "", "short"),
       "too long a path"},
      {"a hard link's target",
       RawTar{}
           .pax({{"linkpath", "manifests/" + long_name}})
           .entry("manifests/h", '1', "", "short"),
       "no file"},
  }));
  CAPTURE(how);
  if (cause.empty()) {
    CHECK_NOTHROW(fixture.extract({layer}));  // many slashes are one
    return;
  }

  CHECK_THROWS_AS(fixture.extract({layer}), UserError);
  CHECK_THROWS_WITH(fixture.extract({layer}), Catch::Contains("image X") && Catch::Contains(cause));
}

TEST_CASE("a deep path is refused without walking it", "[io][archive]") {
  Fixture fixture;
  std::string path = "manifests";
  for (int depth = 0; depth < 300'000; ++depth) path += "/d";

  CHECK_THROWS_WITH(fixture.extract({RawTar{}.pax({{"path", path}}).entry("short")}),
                    Catch::Contains("too deep"));
}

TEST_CASE("an error about a large name is of bounded length", "[io][archive]") {
  Fixture fixture;
  std::string told;

  try {
    fixture.extract(
        {RawTar{}.pax({{"path", "manifests/" + std::string(800'000, 'n')}}).entry("s")});
  } catch (const UserError& error) {
    told = error.what();
  }

  CHECK(told.size() > 100);
  CHECK(told.size() < 2000);
}

TEST_CASE("PAX records count towards the size of a layer", "[io][archive]") {
  Fixture fixture;
  RawTar layer;
  for (int entry = 0; entry < 10; ++entry) {
    layer.pax({{"comment", std::string(900'000, 'c')}}).entry(fmt::format("other/{}", entry));
  }

  CHECK_NOTHROW(fixture.extract({layer}));
  CHECK_THROWS_WITH(fixture.extract({layer}, {.layer_bytes = 5'000'000}),
                    Catch::Contains("other/5") && Catch::Contains("5000000 bytes"));
}

TEST_CASE("a layer that grows to 100 GB is refused before it does", "[io][archive]") {
  Fixture fixture;
  const auto size = std::to_string(iib::test::kHundredGigabytes);
  const auto [how, layer, cause] = GENERATE_COPY(table<std::string, RawTar, std::string>({
      {"a wanted file", RawTar{}.pax({{"size", size}}).header("manifests/big", '0', 0),
       "manifests/big"},
      {"a file that nobody wants", RawTar{}.pax({{"size", size}}).header("other/big", '0', 0),
       "other/big"},
      {"a file with holes",
       RawTar{}
           .pax({{"GNU.sparse.size", size},
                 {"GNU.sparse.numblocks", "1"},
                 {"GNU.sparse.map", "0,1"}})
           .entry("manifests/holes", '0', "x"),
       "manifests/holes"},
      {"many files",
       RawTar{}.header("manifests/8G", '0', 077777777777ULL).header("x", '0', 077777777777ULL),
       "manifests/8G"},
  }));
  CAPTURE(how);
  const std::vector<std::string> paths{"manifests"};
  LayerExtractor extractor{"image X", paths, fixture.directory.path()};

  CHECK_THROWS_WITH(extractor.apply(endless(layer.unfinished(), fixture.given), {}),
                    Catch::Contains("image X") && Catch::Contains(cause));

  CHECK(fixture.given < 1'000'000);
  CHECK_FALSE(fixture.holds_files());
}

TEST_CASE("files that together exceed the bound are refused at the one that does",
          "[io][archive]") {
  Fixture fixture;
  RawTar layer;
  layer.entry("manifests/a", '0', std::string(2000, 'a'))
      .entry("manifests/b", '0', std::string(2000, 'b'));

  CHECK_THROWS_WITH(fixture.extract({layer}, {.total_bytes = 3000}),
                    Catch::Contains("manifests/b") && Catch::Contains("3000"));

  CHECK(fs::exists(fixture.directory.path() / "manifests/a"));
  CHECK_FALSE(fs::exists(fixture.directory.path() / "manifests/b"));
}

TEST_CASE("zeroes without end are an empty layer", "[io][archive]") {
  Fixture fixture;

  fixture.extract({RawTar{}});

  CHECK(fixture.given < 10'000'000);
  CHECK_FALSE(fixture.holds_files());
}

TEST_CASE("devices and pipes take the place of what was there", "[io][archive]") {
  Fixture fixture;
  const auto kind = GENERATE('3', '4', '6');
  CAPTURE(kind);

  fixture.extract({RawTar{}.entry("manifests/a", '0', "x").entry("manifests/d/b", '0', "x"),
                   RawTar{}.entry("manifests/a", kind).entry("manifests/d", kind)});

  CHECK_FALSE(fixture.holds_files());
}

TEST_CASE("damage in the middle of a layer is refused, not skipped", "[io][archive]") {
  Fixture fixture;
  auto bytes = RawTar{}.entry("manifests/a", '0', "x").entry("manifests/b", '0', "x").bytes();
  bytes[2 * RawTar::kBlock] ^= 1;  // the second header no longer fits its sum
  const std::vector<std::string> paths{"manifests"};
  LayerExtractor extractor{"image X", paths, fixture.directory.path()};

  CHECK_THROWS_WITH(extractor.apply(endless(bytes, fixture.given), {}),
                    Catch::Contains("image X") && Catch::Contains("no readable tar archive"));
}
