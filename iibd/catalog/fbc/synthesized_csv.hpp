#pragma once

#include "catalog/fbc/blobs.hpp"

#include <string>
#include <string_view>

namespace iib::catalog::fbc {

/// The CSV that newer releases serve of a bundle with `olm.csv.metadata` instead of manifests
/// (catalog-fbc 5). `metadata` is the value of the property.
[[nodiscard]] std::string synthesized_csv(const BundleBlob& bundle, std::string_view version,
                                          std::string_view metadata, const Package& package);

}  // namespace iib::catalog::fbc
