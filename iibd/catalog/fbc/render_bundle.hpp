#pragma once

#include "catalog/bundle.hpp"
#include "catalog/fbc/blobs.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/engine.hpp"
#include "iib/catalog/fbc_render.hpp"
#include "iib/io/json.hpp"

#include <string>
#include <vector>

namespace iib::catalog::fbc {

/// The bundle in the directory of `source` as an `olm.bundle` (2.2). Throws Refused with all that
/// is wrong with the bundle: the rules are those for adding it to a database, so that what can be
/// rendered can be added too.
[[nodiscard]] BundleBlob render_bundle(const BundleSource& source, MigrateLevel level,
                                       const Log& log);

/// The properties of a bundle but for its manifests: `properties` and `dependencies` as given,
/// then what the CSV's annotation adds. Sorted by type and text, each once.
struct PropertySources {
  std::string package;
  std::string version;
  std::vector<TypedValue> properties;
  std::vector<TypedValue> dependencies;
  /// The annotation `olm.properties` of the CSV.
  std::vector<TypedValue> annotated;
};
[[nodiscard]] std::vector<Property> collect_properties(const PropertySources& sources);

/// Adds the manifests, each as JSON and a line feed in `objects`.
void add_objects(std::vector<Property>& properties, std::string_view objects);

/// The images that the ClusterServiceVersion `csv` names and `others`, those that it does not name
/// without names; by image.
[[nodiscard]] std::vector<RelatedImage> collect_images(const io::JsonValue& csv,
                                                       const std::vector<std::string>& others);

/// The value of `olm.csv.metadata` of the ClusterServiceVersion `csv`.
[[nodiscard]] std::string csv_metadata(const io::JsonValue& csv);

}  // namespace iib::catalog::fbc
