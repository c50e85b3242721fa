#pragma once

#include <string>
#include <string_view>

namespace iib::io::edit {

/// Whether `text` is valid UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text);

/// Whether every character of `text` may stand in a YAML text as it is. Line breaks may not.
[[nodiscard]] bool is_printable(std::string_view text);

/// Whether `text` can be written on one line without quotes, in brackets when `flow`; what type it
/// would have is another question.
[[nodiscard]] bool is_plain(std::string_view text, bool flow);

/// Whether readers of YAML 1.1 and of YAML 1.2 (core schema) see a string in the plain scalar
/// `text`; "no" when in doubt.
[[nodiscard]] bool reads_as_string(std::string_view text);

/// `text` with double quotes, on one line. Valid JSON too.
[[nodiscard]] std::string double_quoted(std::string_view text);

/// What stands for `text` between double quotes.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace iib::io::edit
