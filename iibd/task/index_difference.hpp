#pragma once

#include "context.hpp"
#include "iib/catalog/engine.hpp"

#include <optional>

namespace iib::task {

/// Tells the request's log how `result` differs from the catalog that the build began from
/// (nothing: an empty one). Bounded in lines and time; a failure to tell is but a warning.
void log_difference(const Context& context, const std::optional<catalog::Catalog>& from,
                    const catalog::Catalog& result);

}  // namespace iib::task
