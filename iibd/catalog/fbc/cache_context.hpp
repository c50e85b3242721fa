#pragma once

#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/checked_catalog.hpp"
#include "iib/base/cancellation.hpp"
#include "iib/catalog/fbc_cache.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace iib::catalog::fbc {

/// What the files of a package in a serve cache need besides channels and bundles.
struct CachedPackageFacts {
  Package package;
  /// Messages of `olm.deprecations`; none when the cache is not to have them.
  const std::string* deprecation = nullptr;
  std::map<std::string_view, const std::string*> channel_deprecations{};
  std::map<std::string_view, const std::string*> bundle_deprecations{};
};

/// By name of the package.
using CachedPackageMap = std::map<std::string, CachedPackageFacts, std::less<>>;

/// Reads the blobs `olm.package` of `catalog`, which was read of `root`, and finds what its other
/// facts, to which the result refers, say about them.
[[nodiscard]] CachedPackageMap read_packages(const std::filesystem::path& root,
                                             const CheckedCatalog& catalog, CacheFlavor flavor,
                                             const Cancellation& cancellation);

}  // namespace iib::catalog::fbc
