#include "image/layer/layer_search.hpp"

#include "byte_source.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "layer.hpp"
#include "raw_tar.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace {

using iib::image::LayerSearch;
using iib::io::LayerExtractor;
using iib::test::bytes_of;
using iib::test::endless;
using iib::test::LayerEntry;
using iib::test::make_layer;
using iib::test::RawTar;

namespace fs = std::filesystem;

constexpr auto kDirectory = LayerEntry::Kind::directory;
constexpr auto kLink = LayerEntry::Kind::symbolic_link;
constexpr auto kHardLink = LayerEntry::Kind::hard_link;
constexpr auto kDevice = LayerEntry::Kind::device;

using Layer = std::vector<LayerEntry>;
using Paths = std::vector<std::string>;

/// Whether `layer` on top settles `paths`.
bool settles(const Layer& layer, const Paths& paths) {
  LayerSearch search{"image X", paths};
  return search.look(bytes_of(make_layer(layer)), {});
}

bool is_wanted(const fs::path& path, const Paths& paths) {
  return std::any_of(paths.begin(), paths.end(), [&path](const std::string& wanted) {
    return path == wanted || path.string().starts_with(wanted + "/");
  });
}

/// Path to content of all that applying `layers`, the lowest first, gives at and below `paths`.
/// Folders on the way may be left where there is nothing in them.
std::map<std::string, std::string> extract(const std::vector<Layer>& layers, const Paths& paths) {
  const iib::TempDir directory{fs::temp_directory_path()};
  LayerExtractor extractor{"image X", paths, directory.path()};
  for (const auto& layer : layers) extractor.apply(bytes_of(make_layer(layer)), {});
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator{directory.path()}) {
    const auto path = entry.path().lexically_relative(directory.path());
    if (!is_wanted(path, paths)) continue;
    auto& content = found[path.string()];
    if (entry.is_symlink()) {
      content = "link to " + fs::read_symlink(entry.path()).string();
    } else if (entry.is_directory()) {
      content = "folder";
    } else {
      content = iib::read_file(entry.path(), 1000);
    }
  }
  return found;
}

/// `layers` for people, the lowest first.
std::string shown(const std::vector<Layer>& layers) {
  std::string text;
  for (const auto& layer : layers) {
    for (const auto& entry : layer) {
      text += fmt::format("{} ({}) {}; ", entry.name, static_cast<int>(entry.kind), entry.content);
    }
    text += "\n";
  }
  return text;
}

/// Layers of few names, so that they get into each other's way.
class RandomLayers {
 public:
  explicit RandomLayers(unsigned seed) : random_{seed} {}

  std::vector<Layer> make() {
    std::vector<Layer> layers(1 + below(4));
    for (auto& layer : layers) {
      for (auto left = below(6); left > 0; --left) layer.push_back(entry());
    }
    return layers;
  }

 private:
  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

  std::string name() { return std::string(1, "abc"[below(3)]); }

  std::string path() {
    auto text = name();
    for (auto left = below(3); left > 0; --left) text += "/" + name();
    return text;
  }

  LayerEntry entry() {
    const auto where = path();
    const auto slash = where.rfind('/');
    const auto folder = slash == std::string::npos ? "" : where.substr(0, slash + 1);
    switch (below(9)) {
      case 0:
      case 1:
        return {where, "", kDirectory};
      case 2:
        return {folder + ".wh." + name(), ""};
      case 3:
        return {folder + ".wh..wh..opq", ""};
      case 4:
        return {where, name(), kLink};
      case 5:
        return {where, path(), kHardLink};
      case 6:
        return {where, "", kDevice};
      default:
        return {where, std::to_string(++made_)};
    }
  }

  std::mt19937 random_;
  int made_ = 0;
};

}  // namespace

TEST_CASE("what settles a path, and what does not", "[image][layer]") {
  const auto [name, layer, settled] = GENERATE(table<std::string, Layer, bool>({
      {"nothing", {}, false},
      {"another file", {{"other/file", "x"}}, false},
      {"the file", {{"a/b/c", "x"}}, true},
      {"the file, written with a dot", {{"./a/b/c", "x"}}, true},
      {"a file below it", {{"a/b/c/d", "x"}}, false},
      {"it as a folder", {{"a/b/c", "", kDirectory}}, false},
      {"a folder on the way", {{"a/b", "", kDirectory}}, false},
      {"a file in place of a folder", {{"a/b", "x"}}, true},
      {"a link in place of a folder", {{"a", "elsewhere", kLink}}, true},
      {"it as a link", {{"a/b/c", "d", kLink}}, true},
      {"it as a device", {{"a/b/c", "", kDevice}}, true},
      {"a hard link to a file of another layer", {{"a/b/c", "a/b/d", kHardLink}}, false},
      {"a hard link to itself", {{"a/b/c", "a/b/c", kHardLink}}, false},
      {"a hard link in place of a folder", {{"a/b", "x", kHardLink}}, true},
      {"its whiteout", {{"a/b/.wh.c", ""}}, true},
      {"another's whiteout", {{"a/b/.wh.d", ""}}, false},
      {"a whiteout of a folder on the way", {{".wh.a", ""}}, true},
      {"an opaque folder", {{"a/b/.wh..wh..opq", ""}}, true},
      {"an opaque root", {{".wh..wh..opq", ""}}, true},
      {"itself opaque", {{"a/b/c/.wh..wh..opq", ""}}, true},
      {"an opaque folder below", {{"a/b/c/d/.wh..wh..opq", ""}}, false},
      {"a whiteout below", {{"a/b/c/.wh.d", ""}}, false},
      {"a whiteout of nothing", {{"a/b/.wh.", ""}, {"a/b/.wh...", ""}}, false},
      {"an entry that escapes", {{"/a/b/c", "x"}, {"../a/b/c", "x"}}, false},
  }));
  CAPTURE(name);

  CHECK(settles(layer, {"/a/b/c"}) == settled);
}

TEST_CASE("a hard link to a file of the same layer settles", "[image][layer]") {
  CHECK(settles({{"m/a", "x"}, {"m/b", "m/a", kHardLink}}, {"m/a", "m/b"}));
}

TEST_CASE("every path must be settled, in whichever layers", "[image][layer]") {
  const Paths paths{"a", "b/c"};
  LayerSearch search{"image X", paths};

  CHECK_FALSE(search.look(bytes_of(make_layer({{"a", "x"}})), {}));
  CHECK_FALSE(search.look(bytes_of(make_layer({{"other", "x"}})), {}));
  CHECK(search.look(bytes_of(make_layer({{"b", "x"}})), {}));
  CHECK(search.look(bytes_of("no archive, and not read"), {}));
}

TEST_CASE("without a path everything is settled", "[image][layer]") {
  LayerSearch search{"image X", {}};

  CHECK(search.look(bytes_of("no archive, and not read"), {}));
}

TEST_CASE("a layer is read no further than needed", "[image][layer]") {
  std::mt19937 random{1};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  std::string noise(4U << 20U, '\0');
  for (auto& byte : noise) byte = static_cast<char>(random());
  const auto layer = make_layer({{"a", "x"}, {"noise", noise}});
  std::size_t given = 0;
  const Paths paths{"a"};
  LayerSearch search{"image X", paths};

  CHECK(search.look(
      [&](std::span<char> buffer) {
        const auto count = std::min(buffer.size(), layer.size() - given);
        std::memcpy(buffer.data(), layer.data() + given, count);
        given += count;
        return count;
      },
      {}));

  CHECK(given < layer.size() / 4);
}

TEST_CASE("a damaged layer is refused by name", "[image][layer]") {
  const Paths paths{"a"};
  LayerSearch search{"image X", paths};

  CHECK_THROWS_WITH(search.look(bytes_of("no archive"), {}), Catch::Contains("image X"));
}

TEST_CASE("a layer that says to grow to 100 GB is refused by name before it does",
          "[image][layer]") {
  const std::string path = GENERATE("wanted/file", "other/file");
  CAPTURE(path);
  const Paths paths{"wanted"};
  LayerSearch search{"image X", paths};
  const auto layer =
      RawTar{}.pax({{"size", std::to_string(iib::test::kHundredGigabytes)}}).header(path, '0', 0);
  std::uint64_t given = 0;

  CHECK_THROWS_WITH(search.look(endless(layer.unfinished(), given), {}),
                    Catch::Contains("image X") && Catch::Contains(path) &&
                        Catch::Contains("brings its layer above 17179869184 bytes"));

  CHECK(given < 1'000'000);
}

TEST_CASE("the layers looked at give what all layers would", "[image][layer]") {
  int compared = 0;
  int spared = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const auto layers = RandomLayers{seed}.make();
    CAPTURE(seed, shown(layers));
    const Paths paths = seed % 3 == 0   ? Paths{"a/b"}
                        : seed % 3 == 1 ? Paths{"a", "b/c"}
                                        : Paths{"a/b/c", "b", "c/a"};
    std::map<std::string, std::string> whole;
    try {
      whole = extract(layers, paths);
    } catch (const iib::UserError&) {
      continue;
    }
    LayerSearch search{"image X", paths};
    std::size_t needed = 0;
    while (needed < layers.size() &&
           !search.look(bytes_of(make_layer(layers[layers.size() - ++needed])), {})) {
    }
    const std::vector<Layer> top{layers.end() - static_cast<std::ptrdiff_t>(needed), layers.end()};

    REQUIRE(extract(top, paths) == whole);
    ++compared;
    if (needed < layers.size()) ++spared;
  }

  CHECK(compared > 1000);
  CHECK(spared > 200);
}
