#pragma once

#include "prepare.hpp"

#include <map>
#include <string>
#include <string_view>

namespace iib::task {

/// Reads the catalog out of the index to build on, which there is (catalog-sqlite 2). Throws
/// UserError for an image that is no index, or one that holds a file-based catalog.
[[nodiscard]] catalog::Catalog read_catalog(const Context& context, const Preparation& preparation);

/// The bundles that `catalog` names by digest: digest -> pull specification. `step` is a name for
/// Context::catalog_work().
[[nodiscard]] std::map<std::string, std::string> pull_specs_by_digest(
    const Context& context, const catalog::Catalog& catalog, std::string_view step);

/// Throws UserError when one of `build_tags` could name the result of another request, or is no tag
/// (pipeline 5.6).
void require_build_tags(const Context& context);

/// Builds and pushes an image with `catalog` for each architecture, verifies that from_index is
/// still the same, pushes the manifest list, also under
/// the build tags (pipeline 5.5, 5.6, 6.1 steps 7 to 9), and gives what
/// the request's document tells of the result.
[[nodiscard]] model::Learned publish(Context& context, const Preparation& preparation,
                                     const catalog::Catalog& catalog);

}  // namespace iib::task
