#pragma once

#include "model/index_rules.hpp"

#include <string>
#include <string_view>

namespace iib::model {

/// What the types that work on one bundle have in common (rest-api 3.6, checks 3 to 6): reads
/// `organization` and `registry_auths`, and gives the pull specification in the parameter
/// `image_name`.
[[nodiscard]] std::string read_bundle_parameters(Parameters& body, std::string_view image_name,
                                                 NewRequest& request);

}  // namespace iib::model
