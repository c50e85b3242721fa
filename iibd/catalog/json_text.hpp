#pragma once

#include "iib/io/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// The length of the JSON value at the beginning of `text`, blanks before it included. The value is
/// only delimited, not checked. Nothing when it does not end.
[[nodiscard]] std::optional<std::size_t> json_extent(std::string_view text);

/// A member of an object as written.
struct RawMember {
  std::string key;
  std::string_view value;
};

/// The elements of the valid JSON array `text`, as written.
[[nodiscard]] std::vector<std::string_view> raw_elements(std::string_view text);

/// The members of the valid JSON object `text`, in the order written.
[[nodiscard]] std::vector<RawMember> raw_members(std::string_view text);

}  // namespace iib::catalog
