#pragma once

#include "iib/catalog/engine.hpp"

#include <span>
#include <vector>

namespace iib::catalog {

/// Of each package the bundles whose version no other of `bundles` exceeds (semantic versioning,
/// where build metadata does not count), in the order given. Throws UserError naming a bundle whose
/// version is no semantic one.
[[nodiscard]] std::vector<ListedBundle> highest_versions(std::span<const ListedBundle> bundles);

}  // namespace iib::catalog
