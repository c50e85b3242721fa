#pragma once

#include "catalog/fbc/cache_packages.hpp"
#include "catalog/fbc/checked_catalog.hpp"
#include "iib/base/descriptor.hpp"
#include "iib/catalog/fbc_cache.hpp"

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace iib::catalog::fbc {

/// A new file with the mode of the cache's files, whatever the umask.
class CacheFile {
 public:
  /// Throws ExternalError when it is there already or cannot be made.
  explicit CacheFile(std::filesystem::path path);
  /// Throws ExternalError.
  void write(std::string_view bytes) const;

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

/// Makes the directory of a cache and `cache` in it. Throws UserError when it is not empty.
void prepare_cache(const std::filesystem::path& directory);

/// Throws Refused with all reasons against serving `catalog`: what is wrong with it, else with the
/// names in its cache.
void require_servable(const CheckedCatalog& catalog);

/// Writes the files of all entries of channels of `catalog`, which was read of `root`, into
/// `files`. Blobs are read again, several files at a time. Returns the number of files written.
std::size_t write_entries(const std::filesystem::path& root, const CheckedCatalog& catalog,
                          const CachedPackageMap& packages, const std::filesystem::path& files,
                          const CacheOptions& options);

}  // namespace iib::catalog::fbc
