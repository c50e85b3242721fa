#pragma once

#include "iib/io/json.hpp"

#include <string>

namespace iib::catalog::fbc {

/// `value` as a YAML document that means the same to readers of YAML 1.1 and 1.2: keys sorted,
/// lists not indented, texts of several lines as literal blocks.
[[nodiscard]] std::string yaml_text(const io::JsonValue& value);

}  // namespace iib::catalog::fbc
