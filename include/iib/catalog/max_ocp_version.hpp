#pragma once

#include "iib/catalog/engine.hpp"

#include <span>

namespace iib::catalog {

/// Keeps clusters from an upgrade that would break operators: each of `bundles` whose manifests
/// have an object of an API that Kubernetes 1.22 removed, and that tells no highest OpenShift
/// version by itself, gets the property `olm.maxOpenShiftVersion` with the value 4.8, the last one
/// before that (pipeline 7.5). Bundles that the index does not have are left out. Gives the changed
/// index; `catalog` itself when there is nothing to write. The log tells each bundle with the
/// object that is to blame.
[[nodiscard]] Catalog declare_max_ocp_version(const Catalog& catalog,
                                              std::span<const BundleSource> bundles,
                                              const Work& work);

}  // namespace iib::catalog
