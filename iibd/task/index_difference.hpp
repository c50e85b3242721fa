#pragma once

#include "context.hpp"
#include "iib/catalog/contents.hpp"
#include "iib/catalog/engine.hpp"

#include <optional>

namespace iib::task {

/// What `from` offers (nothing: an empty catalog), read before it is changed itself. Bounded in
/// time; nothing when it cannot be read, which is but a warning in the log, or need not be: a
/// file-based catalog is never changed itself.
[[nodiscard]] std::optional<catalog::Contents> contents_before(
    const Context& context, const std::optional<catalog::Catalog>& from);

/// Tells the request's log how `result` differs from what the build began from, `from` or what it
/// held before. Bounded in lines and time; a failure to tell is but a warning.
void log_difference(const Context& context, const std::optional<catalog::Contents>& before,
                    const catalog::Catalog& result,
                    const std::optional<catalog::Catalog>& from = std::nullopt);

}  // namespace iib::task
