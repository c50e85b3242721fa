#pragma once

#include "cli/workspace.hpp"

#include <filesystem>
#include <string>

namespace iib::cli {

/// Where the files of a bundle are.
struct BundleDirectories {
  std::filesystem::path manifests;  ///< Exists.
  std::filesystem::path metadata;   ///< Need not exist.
};

/// `manifests` and `metadata` of `directory`. Throws UserError when there are no manifests.
[[nodiscard]] BundleDirectories open_bundle_directory(const std::filesystem::path& directory);

/// Those of the bundle image `pull_spec`, which is pulled into `workspace`, wherever its labels say
/// that they are (bundle-regeneration 12). Throws UserError naming the image when there are none.
[[nodiscard]] BundleDirectories pull_bundle(const std::string& pull_spec, Workspace& workspace);

}  // namespace iib::cli
