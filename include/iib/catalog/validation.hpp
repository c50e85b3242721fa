#pragma once

#include "iib/catalog/engine.hpp"
#include "iib/catalog/problem.hpp"

#include <vector>

namespace iib::catalog {

/// Everything in `catalog` that breaks what the rules imply for a finished index database: the
/// file itself, default channels, heads, reachability, cycles, keys, payloads, properties,
/// versions. Empty when all is well. What opm's own rules lead to is no breach: bundles in no
/// channel, repeated properties, payloads that were cleared. A long list is cut, and says so at its
/// end. Throws Refused for a file-based catalog, and ExternalError when the file cannot be read.
[[nodiscard]] std::vector<Problem> validate(const Catalog& catalog, const Work& work);

}  // namespace iib::catalog
