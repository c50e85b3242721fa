#pragma once

#include "catalog/bundle.hpp"
#include "catalog/manifest_document.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

/// Where a bundle wants to be offered.
struct BundleAnnotations {
  std::string package;
  std::vector<std::string> channels;
  std::string default_channel;
};

/// The annotations in a file of `metadata/` (catalog-sqlite 3.8); nothing when it has none. Throws
/// UserError when they have a wrong type.
[[nodiscard]] std::optional<BundleAnnotations> read_annotations(const FileDocument& file);

/// The list `key` (`dependencies` or `properties`) of a file of `metadata/`; empty when it has
/// none. Values of a JSON file keep their text. Throws UserError when an entry has a wrong type.
[[nodiscard]] std::vector<TypedValue> read_typed_list(const FileDocument& file,
                                                      std::string_view key);

/// The entries of the JSON list in the annotation `olm.properties` (4.3), values compacted. Throws
/// UserError when it is no such list.
[[nodiscard]] std::vector<TypedValue> read_properties_annotation(std::string_view text);

}  // namespace iib::catalog
