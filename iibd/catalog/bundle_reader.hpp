#pragma once

#include "catalog/bundle.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/engine.hpp"

namespace iib::catalog {

/// Reads a bundle from its directory (catalog-sqlite 3 and 4). Manifests that do not parse are left
/// out with a warning in `log`. Throws Refused with all that is wrong with the bundle.
[[nodiscard]] Bundle read_bundle(const BundleSource& source, const Log& log);

}  // namespace iib::catalog
