#pragma once

#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/findings.hpp"
#include "iib/io/json.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog::fbc {

/// The value of a bundle's property `olm.package`.
struct PackageValue {
  std::string package;
  std::string version;
};

/// What validation needs of a bundle's properties.
struct PropertyFacts {
  std::vector<PackageValue> packages;
  bool has_objects = false;
};

/// Where the `ref` of an object is looked up (catalog-fbc 1.4).
struct ObjectPlace {
  std::filesystem::path root;
  /// The directory of the blob's file, relative to the root.
  std::string directory;
};

/// The file that the `ref` of an `olm.bundle.object` names, by its real path: a regular file of the
/// catalog, links in it followed. Throws UserError that says why there is none.
[[nodiscard]] std::filesystem::path referenced_file(const std::string& reference,
                                                    const ObjectPlace& place);

/// Says what is wrong with a blob, and who refuses it.
using Report = std::function<void(Rule, std::string, Releases)>;

/// Checks the values of the properties of a bundle, whose blob is `root`.
[[nodiscard]] PropertyFacts check_properties(const io::JsonValue& root, const ObjectPlace& place,
                                             const Report& report);

/// The same facts of properties that are known to be right.
[[nodiscard]] PropertyFacts property_facts(const std::vector<Property>& properties);

/// Checks what only some releases look at: keys that differ in case only, and the fields of blobs
/// of unknown schemas.
void check_keys(const io::JsonValue& root, const Report& report);
void check_meta(const io::JsonValue& root, const Report& report);

/// Whether `text` is base64 as the reference decodes it: line ends do not count.
[[nodiscard]] bool is_base64(std::string_view text);

}  // namespace iib::catalog::fbc
