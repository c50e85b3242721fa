#pragma once

#include "iib/catalog/index_labels.hpp"
#include "resolve.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace iib::task {

using catalog::is_file_based;
using catalog::kConfigsLabel;
using catalog::kDatabaseLabel;

/// An index that the request names, resolved.
struct NamedIndex {
  std::string_view role;  ///< The parameter that names it.
  std::string given;      ///< As the client gave it.
  ResolvedImage image;
  std::map<std::string, std::string> labels;
};

/// Where the parts of an index were laid by read_catalog().
struct ReadIndex {
  catalog::Catalog catalog;
  /// File-based: what the image has as its serve cache; need not exist.
  std::filesystem::path cache{};
  /// File-based: the modes of the catalog's files in the image.
  catalog::fbc::RootModes modes{};
  /// Where the above lies when an earlier request left it, up to date; null: it was read.
  std::shared_ptr<const UnpackedCatalog> kept{};
};

/// Reads the catalog of `index` into the new directory `directory`, of either kind. Throws
/// UserError for an image that is no index, or that has not what its labels say.
[[nodiscard]] ReadIndex read_catalog(const Context& context, const NamedIndex& index,
                                     std::string_view directory);

}  // namespace iib::task
