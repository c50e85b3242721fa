#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace iib::bundle {

/// A file of a bundle.
struct TextFile {
  std::string path;  ///< Relative to its directory (manifests or metadata), with `/`.
  std::string text;  ///< Its bytes.
};

/// The files of a bundle that regeneration reads (bundle-regeneration 2 and 10).
struct BundleFiles {
  /// Every `.yaml` and `.yml` below the manifests directory, in the order of their paths.
  std::vector<TextFile> manifests;
  /// `annotations.yaml` of the metadata directory, when there is one.
  std::optional<std::string> annotations;
};

/// Bounds of read_bundle(); exceeding one is Refusal{malformed_csv}.
struct BundleLimits {
  std::size_t manifest_bytes = 16UL << 20U;  ///< Of one file.
  std::size_t total_bytes = 64UL << 20U;     ///< Of all together.
  std::size_t files = 10'000;                ///< That are read.
};

/// Reads the two directories of an unpacked bundle. Symbolic links are not followed. Throws
/// Refusal when a bound is exceeded, a file to be read is a link, or `manifests` is no directory;
/// ExternalError when the disk fails.
[[nodiscard]] BundleFiles read_bundle(const std::filesystem::path& manifests,
                                      const std::filesystem::path& metadata,
                                      const BundleLimits& limits = {});

}  // namespace iib::bundle
