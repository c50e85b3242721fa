#pragma once

#include "catalog/fbc/blob_checks.hpp"
#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/render_bundle.hpp"

#include <cstddef>
#include <string>

namespace iib::catalog::fbc {

/// The JSON of the manifest that the `olm.bundle.object` `property` holds or refers to: as it is,
/// or converted from YAML. `number` names it in errors. Throws UserError for what is neither, and
/// for a `ref` that is not a file of the catalog: nothing else of the host is ever read.
[[nodiscard]] std::string object_json(const Property& property, const ObjectPlace& place,
                                      std::size_t number);

/// Brings a loaded bundle into the form in which it is written again (catalog-fbc 2.1): objects
/// behind the other properties, each with its data, or with `level` as one metadata (2.5), and
/// related images by image.
void normalize(BundleBlob& bundle, const ObjectPlace& place, MigrateLevel level);

}  // namespace iib::catalog::fbc
