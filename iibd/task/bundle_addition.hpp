#pragma once

#include "delivery.hpp"
#include "iib/catalog/engine.hpp"
#include "resolve.hpp"

#include <optional>
#include <vector>

namespace iib::task {

/// `from` (nothing: an empty index) with `bundles`, as the request wants them added to an index of
/// that scope (pipeline 6.1, steps 6 and 7).
[[nodiscard]] catalog::Catalog add_bundles(const Context& context,
                                           const std::optional<catalog::Catalog>& from,
                                           const std::vector<ResolvedBundle>& bundles, Scope scope);

}  // namespace iib::task
