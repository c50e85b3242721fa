// Layers that no tool writes: what the extractor makes of them.

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/io/archive.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace {

using iib::UserError;
using iib::io::ByteSource;
using iib::io::ExtractLimits;
using iib::io::LayerExtractor;

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 512;
constexpr std::uint64_t kHundredGigabytes = 100ULL << 30U;

/// A tar archive written by hand.
class RawTar {
 public:
  RawTar& entry(const std::string& name, char kind = '0', std::string_view content = "",
                const std::string& target = "") {
    header(name, kind, content.size(), target);
    return body(content);
  }
  /// A header without what it announces.
  RawTar& header(const std::string& name, char kind, std::uint64_t size,
                 const std::string& target = "") {
    std::string block(kBlock, '\0');
    block.replace(0, name.size(), name);
    block.replace(100, 7, "0000644");
    block.replace(108, 7, "0000000");
    block.replace(116, 7, "0000000");
    block.replace(124, 11, fmt::format("{:011o}", size));
    block.replace(136, 11, "00000000000");
    block.replace(148, 8, "        ");
    block[156] = kind;
    block.replace(157, target.size(), target);
    block.replace(257, 8, "ustar\00000", 8);
    unsigned sum = 0;
    for (const char byte : block) sum += static_cast<unsigned char>(byte);
    block.replace(148, 7, fmt::format("{:06o}", sum) + '\0');
    bytes_ += block;
    return *this;
  }
  RawTar& pax(const std::vector<std::pair<std::string, std::string>>& records) {
    std::string text;
    for (const auto& [key, value] : records) {
      const auto rest = fmt::format(" {}={}\n", key, value);
      auto length = rest.size();
      while (fmt::formatted_size("{}", length) + rest.size() != length) {
        length = fmt::formatted_size("{}", length) + rest.size();
      }
      text += std::to_string(length) + rest;
    }
    return entry("PaxHeader", 'x', text);
  }
  /// With the end of an archive.
  [[nodiscard]] std::string bytes() const { return bytes_ + std::string(2 * kBlock, '\0'); }
  [[nodiscard]] std::string unfinished() const { return bytes_; }

 private:
  RawTar& body(std::string_view content) {
    bytes_ += content;
    bytes_.append((kBlock - content.size() % kBlock) % kBlock, '\0');
    return *this;
  }

  std::string bytes_;
};

struct Fixture {
  iib::TempDir directory{fs::temp_directory_path()};
  std::uint64_t given = 0;  ///< Bytes that were asked for.

  /// `bytes`, then zeroes without end.
  ByteSource endless(std::string bytes) {
    return [this, bytes = std::move(bytes)](std::span<char> buffer) {
      std::fill(buffer.begin(), buffer.end(), '\0');
      if (given < bytes.size()) {
        const auto count = std::min<std::size_t>(buffer.size(), bytes.size() - given);
        std::memcpy(buffer.data(), bytes.data() + given, count);
      }
      given += buffer.size();
      return buffer.size();
    };
  }

  void extract(const std::vector<RawTar>& layers, const ExtractLimits& limits = {}) {
    const std::vector<std::string> paths{"manifests"};
    LayerExtractor extractor{"image X", paths, directory.path(), limits};
    for (const auto& layer : layers) {
      given = 0;
      extractor.apply(endless(layer.bytes()), {});
    }
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
  const auto size = std::to_string(kHundredGigabytes);
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

  CHECK_THROWS_WITH(extractor.apply(fixture.endless(layer.unfinished()), {}),
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
  bytes[2 * kBlock] ^= 1;  // the second header no longer fits its sum
  const std::vector<std::string> paths{"manifests"};
  LayerExtractor extractor{"image X", paths, fixture.directory.path()};

  CHECK_THROWS_WITH(extractor.apply(fixture.endless(bytes), {}),
                    Catch::Contains("image X") && Catch::Contains("no readable tar archive"));
}
