#pragma once

#include "iib/catalog/engine.hpp"

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace iib::catalog {

/// Puts what lies below `manifests/` in the image of a bundle below `destination`, a directory that
/// exists: `destination/manifests/...`. Called from one thread.
using FetchManifests =
    std::function<void(const std::string& pull_spec, const std::filesystem::path& destination)>;

/// What an export wrote.
struct Exported {
  std::size_t packages = 0;          ///< Folders written, those of missing packages included.
  std::size_t bundles = 0;           ///< Folders of bundles.
  std::vector<std::string> missing;  ///< Packages asked for that the index does not have.
};

/// Writes `packages` of `catalog` (none: all) in the package manifest format to `output`, which
/// must be absent or an empty directory (catalog-sqlite 8.7): PACKAGE/package.yaml, and for each
/// bundle PACKAGE/VERSION/ with its manifests as they are. Bundles of one version, and those
/// without, get a directory by the name of their CSV. A missing package gets a package.yaml without
/// channels. All or nothing: what fails leaves `output` as it was. Throws Refused for names that
/// are no names of files and for bundles without a pull specification, UserError for an `output`
/// that is not empty, and what `fetch` throws.
[[nodiscard]] Exported export_packages(const Catalog& catalog,
                                       std::span<const std::string> packages,
                                       const std::filesystem::path& output,
                                       const FetchManifests& fetch, const Work& work);

}  // namespace iib::catalog
