#pragma once

#include "catalog/fbc/facts.hpp"
#include "catalog/fbc/files.hpp"
#include "catalog/fbc/model.hpp"
#include "iib/catalog/fbc.hpp"

#include <filesystem>
#include <vector>

namespace iib::catalog::fbc {

/// A catalog that was looked at as a whole. It may be moved, not copied: the model refers to the
/// facts.
struct CheckedCatalog {
  std::vector<CatalogFile> files;
  Facts facts;
  Model model;
  Validation validation;
};

/// What validate() finds, with what it learned on the way.
[[nodiscard]] CheckedCatalog check_catalog(const std::filesystem::path& root,
                                           const ValidateOptions& options);

}  // namespace iib::catalog::fbc
