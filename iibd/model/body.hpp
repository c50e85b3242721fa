#pragma once

#include "iib/io/json.hpp"

#include <string_view>

namespace iib::model {

/// The JSON object that the body of a POST or PATCH must be (rest-api 1.4, step 4). Throws
/// UserError that says what was found instead.
[[nodiscard]] io::JsonDocument parse_body(std::string_view body);

}  // namespace iib::model
