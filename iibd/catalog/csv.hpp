#pragma once

#include "catalog/bundle.hpp"
#include "iib/io/json.hpp"

#include <string>
#include <vector>

namespace iib::catalog {

/// What the columns and rows of a bundle take from its ClusterServiceVersion (catalog-sqlite 3.9,
/// 4).
struct CsvFields {
  std::string name;
  std::string version;
  Edges edges;
  std::string skip_range;
  std::string substitutes_for;
  /// The annotation `olm.properties`, a JSON list as text.
  std::string properties_annotation;
  /// The custom resources that the CSV says it owns: each must be provided.
  std::vector<Api> owned;
  /// Owned API services: provided by being named.
  std::vector<Api> owned_services;
  std::vector<Api> required;
  /// Images of the install deployments and of spec.relatedImages, not sorted.
  std::vector<std::string> images;
};

/// Reads the CSV `object`. Throws UserError naming the field and what it must be.
[[nodiscard]] CsvFields read_csv(const io::JsonValue& object);

/// The APIs of `object` if it is a CustomResourceDefinition of a known version, else none. Throws
/// UserError for a wrong group or a field of a wrong type.
[[nodiscard]] std::vector<Api> crd_apis(const io::JsonValue& object);

}  // namespace iib::catalog
