#pragma once

#include "iib/bundle/image_lookup.hpp"
#include "iib/image/engine.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace iib::task {

/// Where a bundle image keeps its two directories, relative to the image's root.
struct BundleDirectories {
  std::filesystem::path manifests = "manifests";
  std::filesystem::path metadata = "metadata";

  /// As `labels` say; the usual places where they say nothing (bundle-regeneration 12). Throws
  /// UserError, naming the label, for a place outside of the image, or the whole image.
  [[nodiscard]] static BundleDirectories of(const bundle::Labels& labels);
  /// What an engine is to extract.
  [[nodiscard]] std::vector<std::string> paths() const;
};

/// Every regular file of both directories below `root`, to lie at the same place in an image, with
/// its mode; in the order of their paths. Symbolic links are not followed.
[[nodiscard]] std::vector<image::LayerFile> layer_files(const std::filesystem::path& root,
                                                        const BundleDirectories& directories);

}  // namespace iib::task
