#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace iib::catalog::fbc {

/// Valid JSON `text` with `<`, `>` and `&` in place of their escapes, which the reference undoes
/// before it parses (catalog-fbc 1.2); an escaped backslash before `u` stays.
[[nodiscard]] std::string without_html_escapes(std::string_view text);

/// `text` as a JSON string with the escapes of 1.5, quotes included.
[[nodiscard]] std::string plain_json_string(std::string_view text);

/// Valid JSON `text` over several lines, `indent` blanks for each level; spelling and order of the
/// tokens stay.
[[nodiscard]] std::string indent_json(std::string_view text, std::size_t indent);

/// Valid JSON `text` without blanks between tokens; spelling and order of the tokens stay.
[[nodiscard]] std::string compact_text(std::string_view text);

}  // namespace iib::catalog::fbc
