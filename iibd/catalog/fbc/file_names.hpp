#pragma once

#include "catalog/fbc/facts.hpp"
#include "catalog/fbc/files.hpp"
#include "iib/base/cancellation.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <string>

namespace iib::catalog::fbc {

/// The packages that a file says something of.
struct FileNames {
  std::set<std::string> packages;    ///< That it has an `olm.package`, channel or bundle of.
  std::set<std::string> deprecated;  ///< That it has `olm.deprecations` of.
};

/// The names in a file whose facts are known.
[[nodiscard]] FileNames names_of(const Facts& facts);

/// The names in a file that is known to be right, for a tenth of what reading it costs: blobs are
/// not parsed, only looked through. Nothing when that cannot be done, as with YAML.
[[nodiscard]] std::optional<FileNames> find_names(const std::filesystem::path& root,
                                                  const CatalogFile& file,
                                                  const Cancellation& cancellation);

}  // namespace iib::catalog::fbc
