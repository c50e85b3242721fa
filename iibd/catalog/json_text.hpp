#pragma once

#include "iib/io/json.hpp"

#include <string>
#include <string_view>

namespace iib::catalog {

/// `value` as index databases hold it: members bytewise by name, no blanks, `<`, `>`, `&` and the
/// line separators escaped, numbers spelled as in catalog-sqlite 3.6 and 3.7.
[[nodiscard]] std::string canonical_json(const io::JsonValue& value);

/// `text` as a JSON string, quotes included (3.7).
[[nodiscard]] std::string json_string(std::string_view text);

/// A float as a JSON number (3.6): plain decimal from 1e-6 to below 1e21.
[[nodiscard]] std::string json_number(double number);

/// A float where a string is wanted: shortest digits of single precision (3.6).
[[nodiscard]] std::string float_as_text(double number);

/// Valid JSON `text` without blanks between tokens and with the escapes of 3.7; the order of
/// members and the spelling of numbers stay (4.3).
[[nodiscard]] std::string compact_json(std::string_view text);

/// `bytes` with U+FFFD for every byte that is not part of valid UTF-8.
[[nodiscard]] std::string replace_invalid_utf8(std::string_view bytes);

}  // namespace iib::catalog
