#pragma once

#include "context.hpp"

namespace iib::task {

/// The steps of an add request (pipeline 6.1).
[[nodiscard]] Outcome run_add(Context& context);
/// The steps of an rm request (pipeline 6.2).
[[nodiscard]] Outcome run_rm(Context& context);
/// The steps of a regenerate-bundle request (pipeline 6.3).
[[nodiscard]] Outcome run_regenerate_bundle(Context& context);
/// The steps of a create-empty-index request (pipeline 6.6).
[[nodiscard]] Outcome run_create_empty_index(Context& context);
/// The steps of an fbc-operations request (pipeline 6.8).
[[nodiscard]] Outcome run_fbc_operations(Context& context);
/// The steps of an add-deprecations request (pipeline 6.9).
[[nodiscard]] Outcome run_add_deprecations(Context& context);
/// The steps of a merge-index-image request (pipeline 6.5).
[[nodiscard]] Outcome run_merge_index_image(Context& context);
/// The steps of a recursive-related-bundles request (pipeline 6.7).
[[nodiscard]] Outcome run_recursive_related_bundles(Context& context);

}  // namespace iib::task
