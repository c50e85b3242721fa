#pragma once

#include "iib/catalog/contents.hpp"
#include "iib/model/json_writer.hpp"

namespace iib::catalog {

/// Writes a bundle as an object.
void write_bundle(model::JsonWriter& json, const BundleSummary& bundle);

/// Writes the member `name`, an array of objects.
void write_deprecations(model::JsonWriter& json, std::string_view name,
                        const std::vector<DeprecationNote>& notes);

/// Writes a package with its channels, update graphs and bundles as an object.
void write_package(model::JsonWriter& json, const PackageContents& package);

}  // namespace iib::catalog
