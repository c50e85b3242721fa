#pragma once

#include "iib/catalog/fbc.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace iib::catalog::fbc {

/// A file of a catalog that is loaded.
struct CatalogFile {
  /// Relative to the root, `/` between names.
  std::string name;
  std::uintmax_t bytes = 0;
};

/// What a directory of catalogs holds.
struct Listing {
  /// In the order in which they are loaded: directories and files of a directory bytewise.
  std::vector<CatalogFile> files;
  /// What cannot be loaded.
  std::vector<Finding> findings;
};

/// The files below `root` that count (catalog-fbc 1.1). Links to files count when their target is
/// below `root` too. Throws ExternalError when a directory cannot be read, UserError for a bound.
[[nodiscard]] Listing find_files(const std::filesystem::path& root);

}  // namespace iib::catalog::fbc
