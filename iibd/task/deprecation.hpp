#pragma once

#include "resolve.hpp"

#include <vector>

namespace iib::task {

/// The bundles of `deprecation_list`, resolved.
[[nodiscard]] std::vector<ResolvedBundle> resolve_deprecations(const Context& context);

/// Deprecates those of `deprecations` that `catalog` has (pipeline 6.1, 8); the others are told in
/// the log.
[[nodiscard]] catalog::Catalog deprecate_bundles(const Context& context, catalog::Catalog catalog,
                                                 const std::vector<ResolvedBundle>& deprecations);

}  // namespace iib::task
