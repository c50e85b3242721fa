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

}  // namespace iib::model
