#pragma once

#include "cli/workspace.hpp"
#include "iib/catalog/engine.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace iib::cli {

/// A bundle as the command line names it: `PULLSPEC`, or `DIRECTORY=PULLSPEC`.
struct BundleArgument {
  /// Where its files are; empty: in the image.
  std::filesystem::path directory{};
  /// What is recorded as its path, exactly as given.
  std::string pull_spec{};
};

/// Reads `text`. Throws UserError telling how to write it.
[[nodiscard]] BundleArgument parse_bundle_argument(const std::string& text);

/// The files of all bundles, each once; images are pulled, several at a time. Throws
/// catalog::Refused for all that are not there, or ExternalError when a registry fails.
[[nodiscard]] std::vector<catalog::BundleSource> fetch_bundles(
    std::span<const BundleArgument> bundles, Workspace& workspace);

}  // namespace iib::cli
