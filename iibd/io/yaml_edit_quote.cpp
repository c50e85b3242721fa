#include "yaml_edit_quote.hpp"

#include "iib/io/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace iib::io::edit {
namespace {

/// A character and how many bytes it has.
struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0;
};

/// The character that `text`, which is not empty, begins with; nothing when it is not valid.
std::optional<Character> first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return Character{first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return std::nullopt;
  std::uint32_t code = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return std::nullopt;
    code = (code << 6U) | (byte & 0x3FU);
  }
  constexpr std::uint32_t kLowest[] = {0, 0, 0x80, 0x800, 0x10000};  // NOLINT: by length
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLowest[length] || code > 0x10FFFF || surrogate) return std::nullopt;
  return Character{code, length};
}

/// The c-printable of YAML without line breaks of any version and without the byte order mark.
bool is_printable(std::uint32_t code) {
  if (code < 0x7F) return code >= 0x20 || code == '\t';
  if (code < 0xA0 || code == 0x2028 || code == 0x2029 || code == 0xFEFF) return false;
  return code != 0xFFFE && code != 0xFFFF;
}

bool is_blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\n';
}

bool contains(std::string_view set, char byte) {
  return set.find(byte) != std::string_view::npos;
}

/// Whether a plain scalar may begin as `text` does.
bool begins_plain(std::string_view text, bool flow) {
  constexpr std::string_view kIndicators = ",[]{}#&*!|>'\"%@`";
  const char first = text.front();
  if (is_blank(first) || contains(kIndicators, first)) return false;
  if (text.starts_with("---") || text.starts_with("...")) return false;
  if (first != '-' && first != '?' && first != ':') return true;
  if (text.size() < 2 || is_blank(text[1])) return false;
  return first == '-' || !flow;
}

/// Looks like a number, a day or a time to some reader.
bool looks_like_number(std::string_view text) {
  const auto first = text.find_first_not_of("+-.");
  if (first == std::string_view::npos || text[first] < '0' || text[first] > '9') return false;
  if (text.find_first_not_of("0123456789_:.+-TtZz ") != std::string_view::npos) return false;
  // A version such as 1.2.3 or 1.2.3-4 is no number to anyone.
  return text.find_first_of(":_") != std::string_view::npos ||
         std::count(text.begin(), text.end(), '-') > 1;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!character) return false;
    text.remove_prefix(character->length);
  }
  return true;
}

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!character || !is_printable(character->code)) return false;
    text.remove_prefix(character->length);
  }
  return true;
}

bool is_plain(std::string_view text, bool flow) {
  if (text.empty() || !begins_plain(text, flow)) return false;
  if (is_blank(text.back()) || text.back() == ':') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    const bool blank_next = i + 1 < text.size() && is_blank(text[i + 1]);
    if (byte == ':' && blank_next) return false;
    if (byte == '#' && is_blank(text[i - 1])) return false;
    if (flow && contains(",[]{}?", byte)) return false;
  }
  return is_printable(text);
}

bool reads_as_string(std::string_view text) {
  YamlNode node;
  node.value = text;
  for (const auto typing : {Typing::go_yaml_1_1, Typing::core_1_2}) {
    if (!std::holds_alternative<std::string>(resolve(node, typing))) return false;
  }
  return text != "<<" && text != "=" && !looks_like_number(text);
}

std::string double_quoted(std::string_view text) {
  return fmt::format("\"{}\"", escaped(text));
}

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto character = first_character(text).value_or(Character{0xFFFD, 1});
    if (text.front() == '"' || text.front() == '\\') {
      result += '\\';
      result += text.front();
    } else if (text.front() == '\n') {
      result += "\\n";
    } else if (text.front() == '\t') {
      result += "\\t";
    } else if (is_printable(character.code)) {
      result += text.substr(0, character.length);
    } else {
      fmt::format_to(std::back_inserter(result), "\\u{:04x}", character.code);
    }
    text.remove_prefix(character.length);
  }
  return result;
}

}  // namespace iib::io::edit
