#pragma once

#include "catalog/json_output.hpp"
#include "iib/catalog/contents.hpp"

namespace iib::catalog {

/// Writes a bundle as an object.
void write_bundle(JsonOutput& json, const BundleSummary& bundle);

/// Writes a package with its channels, update graphs and bundles as an object.
void write_package(JsonOutput& json, const PackageContents& package);

}  // namespace iib::catalog
