#pragma once

#include "model/index_rules.hpp"
#include "model/parameters.hpp"

namespace iib::model {

// One function and one file per request type; each reads the body by the checks of its section, in
// their order.

/// POST /builds/add (rest-api 3.4).
[[nodiscard]] NewRequest parse_add(Parameters& body, const Caller& caller);
/// POST /builds/rm (rest-api 3.5).
[[nodiscard]] NewRequest parse_rm(Parameters& body, const Caller& caller);
/// POST /builds/regenerate-bundle (rest-api 3.6).
[[nodiscard]] NewRequest parse_regenerate_bundle(Parameters& body);
/// POST /builds/merge-index-image (rest-api 3.7).
[[nodiscard]] NewRequest parse_merge_index_image(Parameters& body, const Caller& caller);
/// POST /builds/create-empty-index (rest-api 3.8).
[[nodiscard]] NewRequest parse_create_empty_index(Parameters& body, const Caller& caller);
/// POST /builds/recursive-related-bundles (rest-api 3.8).
[[nodiscard]] NewRequest parse_recursive_related_bundles(Parameters& body);
/// POST /builds/fbc-operations (rest-api 3.9).
[[nodiscard]] NewRequest parse_fbc_operations(Parameters& body, const Caller& caller);
/// POST /builds/add-deprecations (rest-api 3.9).
[[nodiscard]] NewRequest parse_add_deprecations(Parameters& body, const Caller& caller);

/// One request of that type, in a body of its own or as an element of a batch.
[[nodiscard]] NewRequest parse_by_type(RequestType type, Parameters& body, const Caller& caller);

}  // namespace iib::model
