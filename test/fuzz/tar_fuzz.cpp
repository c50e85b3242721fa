#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/io/archive.hpp"
#include "image/layer/layer_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The input is the layers of an image, the lowest first, with a mark between them. The sums of tar
// headers are made right, or hardly any input would get past the first.

namespace {

namespace fs = std::filesystem;
namespace io = iib::io;

constexpr std::string_view kMark = "\n=== layer\n";
constexpr std::size_t kBlock = 512;
constexpr std::size_t kMostLayers = 4;

/// What is read from the image: folders, a file, and one path below another.
const std::vector<std::string> kPaths{"manifests", "a/b", "a/b/c", "configs/x"};

io::ExtractLimits limits() {
  io::ExtractLimits small;
  small.total_bytes = 1U << 20U;
  small.file_bytes = 1U << 18U;
  small.layer_bytes = 16U << 20U;
  small.layer_entries = 2000;
  small.entries = 2000;
  return small;
}

void make_sum_right(char* header) {
  constexpr std::size_t kSumAt = 148;
  constexpr std::size_t kSumBytes = 8;
  std::fill_n(header + kSumAt, kSumBytes, ' ');
  unsigned sum = 0;
  for (std::size_t at = 0; at < kBlock; ++at) sum += static_cast<unsigned char>(header[at]);
  const auto text = fmt::format("{:06o}", sum);
  std::copy(text.begin(), text.end(), header + kSumAt);
  header[kSumAt + text.size()] = '\0';
}

std::vector<std::string> layers_in(std::string_view input) {
  constexpr std::size_t kMagicAt = 257;
  std::vector<std::string> layers;
  for (std::size_t at = 0; at != std::string_view::npos && layers.size() < kMostLayers;) {
    const auto end = input.find(kMark, at);
    layers.emplace_back(input.substr(at, end == std::string_view::npos ? end : end - at));
    at = end == std::string_view::npos ? end : end + kMark.size();
  }
  for (auto& layer : layers) {
    for (std::size_t at = 0; at + kBlock <= layer.size(); at += kBlock) {
      if (layer.compare(at + kMagicAt, 5, "ustar") == 0) make_sum_right(layer.data() + at);
    }
  }
  return layers;
}

io::ByteSource bytes_of(std::string_view bytes) {
  return [bytes](std::span<char> buffer) mutable {
    const auto count = std::min(buffer.size(), bytes.size());
    std::copy_n(bytes.begin(), count, buffer.begin());
    bytes.remove_prefix(count);
    return count;
  };
}

/// What lies at and below the wanted paths in `directory`.
std::map<std::string, std::string> contents(const fs::path& directory) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator{directory}) {
    const auto path = entry.path().lexically_relative(directory).string();
    const bool wanted = std::any_of(kPaths.begin(), kPaths.end(), [&](const std::string& place) {
      return path == place || path.starts_with(place + "/");
    });
    if (!wanted) continue;
    if (entry.is_symlink()) {
      found[path] = "link to " + fs::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      found[path] = iib::read_file(entry.path(), limits().total_bytes);
    } else {
      found[path] = "folder";
    }
  }
  return found;
}

/// What `layers` give; aborts when anything but the destination is touched. Throws UserError.
std::map<std::string, std::string> extract(std::span<const std::string> layers) {
  const iib::TempDir directory{fs::temp_directory_path(), "iibd-fuzz-"};
  const auto destination = directory.path() / "destination";
  fs::create_directory(destination);
  const auto check_neighbours = [&] {
    const auto count = std::distance(fs::directory_iterator{directory.path()}, {});
    if (count != 1 || fs::is_symlink(destination)) std::abort();
  };
  io::LayerExtractor extractor{"image", kPaths, destination, limits()};
  try {
    for (const auto& layer : layers) extractor.apply(bytes_of(layer), {});
    extractor.finish();
  } catch (const iib::UserError&) {
    check_neighbours();
    throw;
  }
  check_neighbours();
  return contents(destination);
}

/// How many of `layers`, from the topmost down, are needed. Throws UserError.
std::size_t needed_of(std::span<const std::string> layers) {
  iib::image::LayerSearch search{"image", kPaths};
  std::size_t needed = 0;
  while (needed < layers.size()) {
    ++needed;
    if (search.look(bytes_of(layers[layers.size() - needed]), {})) break;
  }
  return needed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto layers = layers_in({reinterpret_cast<const char*>(bytes), size});
  try {
    const auto needed = needed_of(layers);
    const auto whole = extract(layers);
    if (needed == layers.size()) return 0;
    if (extract(std::span{layers}.last(needed)) != whole) std::abort();
  } catch (const iib::UserError&) {
    return 0;  // refusing is as good as reading
  }
  return 0;
}
