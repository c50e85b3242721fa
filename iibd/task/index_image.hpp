#pragma once

#include "prepare.hpp"

#include <optional>

namespace iib::task {

/// Reads the catalog out of `index` (catalog-sqlite 2). Throws UserError for an image that is no
/// index, or one that holds a file-based catalog.
[[nodiscard]] catalog::Catalog read_catalog(const Context& context, const ResolvedImage& index);

/// Builds and pushes an image with `catalog` for each architecture, verifies that from_index is
/// still the same, pushes the manifest list (pipeline 5.5, 5.6, 6.1 steps 7 to 9), and gives what
/// the request's document tells of the result.
[[nodiscard]] model::Learned publish(Context& context, const Preparation& preparation,
                                     const catalog::Catalog& catalog);

}  // namespace iib::task
