#pragma once

#include "catalog/bundle_rows.hpp"
#include "catalog/index_database.hpp"
#include "iib/catalog/problem.hpp"

#include <optional>

namespace iib::catalog {

/// Deprecates `bundle`: it becomes the last one of its channels, and channels that it heads go
/// (8.5). Returns why it cannot be; then nothing is changed.
[[nodiscard]] std::optional<Problem> truncate_below(IndexDatabase& database,
                                                    const StoredBundle& bundle);

}  // namespace iib::catalog
