#include "catalog/raw_json.hpp"

#include "iib/io/json.hpp"

#include <algorithm>

namespace iib::catalog {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kBlanks, at), text.size());
}

/// The byte after the string that begins at `at`. Most bytes of a catalog are in long strings, so
/// they are passed over by looking for the quote only.
std::optional<std::size_t> string_end(std::string_view text, std::size_t at) {
  for (auto quote = text.find('"', at + 1); quote != std::string_view::npos;
       quote = text.find('"', quote + 1)) {
    auto before = quote;
    while (text[before - 1] == '\\') --before;  // ends at the first quote at the latest
    if ((quote - before) % 2 == 0) return quote + 1;
  }
  return std::nullopt;
}

/// The trimmed values between the brackets of `text`, and for objects their keys between them.
std::vector<std::string_view> raw_tokens(std::string_view text, char separator) {
  std::vector<std::string_view> tokens;
  std::size_t at = skip_blanks(text, 0) + 1;
  while (true) {
    at = skip_blanks(text, at);
    if (at >= text.size() || text[at] == ']' || text[at] == '}') return tokens;
    if (text[at] == ',' || text[at] == separator) {
      ++at;
      continue;
    }
    const auto length = json_extent(text.substr(at));
    if (!length) return tokens;
    tokens.push_back(text.substr(at, *length));
    at += *length;
  }
}

}  // namespace

std::optional<std::size_t> json_extent(std::string_view text) {
  std::size_t at = skip_blanks(text, 0);
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      const auto end = string_end(text, at);
      if (!end) return std::nullopt;
      at = *end;
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at;
      continue;
    } else if (c == '}' || c == ']') {
      if (depth > 0) --depth;
      ++at;
    } else if (depth > 0) {
      ++at;
      continue;
    } else {
      at = std::min(text.find_first_of(",:]} \t\r\n", at), text.size());
    }
    if (depth == 0) return at;
  }
  return std::nullopt;
}

std::vector<std::string_view> raw_elements(std::string_view text) {
  return raw_tokens(text, ',');
}

std::vector<RawMember> raw_members(std::string_view text) {
  const auto tokens = raw_tokens(text, ':');
  std::vector<RawMember> members;
  for (std::size_t i = 0; i + 1 < tokens.size(); i += 2) {
    const auto key = io::parse_json(tokens[i]);
    members.push_back({std::string{io::as_text(key).value_or("")}, tokens[i + 1]});
  }
  return members;
}

}  // namespace iib::catalog
