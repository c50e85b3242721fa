#pragma once

#include "iib/base/cancellation.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace iib::io {

/// Where the bytes of a layer come from: fills the buffer and gives the number of bytes, 0 at the
/// end. May throw; what it throws comes out of LayerExtractor::apply.
using ByteSource = std::function<std::size_t(std::span<char>)>;

/// A source that reads the file at `path`. Throws ExternalError naming it when it cannot be read.
[[nodiscard]] ByteSource read_from_file(const std::filesystem::path& path);

/// What an image may cost at most. Beyond a bound, extraction ends with UserError naming it.
struct ExtractLimits {
  /// Bytes written, over all layers.
  std::uint64_t total_bytes = 4ULL << 30U;
  /// Bytes of one file.
  std::uint64_t file_bytes = 512ULL << 20U;
  /// Other bounds for files at or below these paths, such as index databases.
  std::map<std::string, std::uint64_t> file_bytes_below{};
  /// Entries taken, over all layers.
  std::size_t entries = 200'000;
  /// Entries seen in one layer, wanted or not.
  std::size_t layer_entries = 2'000'000;
  /// Bytes of one layer after decompression, wanted or not.
  std::uint64_t layer_bytes = 16ULL << 30U;
  /// Names in one path.
  std::size_t depth = 64;
};

/// Applies the layers of an image in order (OCI image-spec, "Image Layer Filesystem Changeset"):
/// tar, plain or compressed with gzip or zstd, told by the content. Only entries at or below wanted
/// paths are taken; owners, times and special permissions are not. Directories that no layer tells
/// of have the mode 0755. Streams: no layer and no file is held in memory. Nothing is ever written
/// through a link. Not shared between threads.
class LayerExtractor {
 public:
  /// `paths` are relative to the image's root; `destination` must exist and be empty, and belongs
  /// to the extractor until finish(). `subject` is what errors call the image.
  LayerExtractor(std::string subject, std::span<const std::string> paths,
                 const std::filesystem::path& destination, ExtractLimits limits = {});
  LayerExtractor(const LayerExtractor&) = delete;
  LayerExtractor& operator=(const LayerExtractor&) = delete;
  ~LayerExtractor();

  /// Applies the next layer. Throws UserError naming the entry for names that are absolute or hold
  /// `..`, links that lead outside, exceeded limits and damaged archives, and ExternalError when
  /// the destination cannot be written.
  void apply(const ByteSource& layer, const Cancellation& cancellation);

  /// Checks, once all layers are applied, that every symbolic link leads to a place below a wanted
  /// path, following links as the kernel does. Throws UserError naming the link. Before that the
  /// destination must not be read.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::io
