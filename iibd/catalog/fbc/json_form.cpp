#include "catalog/fbc/json_form.hpp"

#include "catalog/json_text.hpp"

#include <algorithm>
#include <cstddef>

namespace iib::catalog::fbc {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// `<`, `>` or `&` when `text` begins with its escape, else 0.
char html_escape(std::string_view text) {
  if (!text.starts_with("\\u00")) return 0;
  const auto digits = text.substr(4, 2);
  if (digits == "3c" || digits == "3C") return '<';
  if (digits == "3e" || digits == "3E") return '>';
  return digits == "26" ? '&' : '\0';
}

/// The byte after the string that begins at `text[at]`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kBlanks, at), text.size());
}

}  // namespace

std::string without_html_escapes(std::string_view text) {
  if (text.find("\\u00") == std::string_view::npos) return std::string{text};
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      out += text[at++];
    } else if (const char plain = html_escape(text.substr(at)); plain != 0) {
      out += plain;
      at += 6;
    } else {
      out += text.substr(at, 2);
      at += 2;
    }
  }
  return out;
}

std::string plain_json_string(std::string_view text) {
  return without_html_escapes(json_string(text));
}

std::string indent_json(std::string_view text, std::size_t indent) {
  std::string out;
  out.reserve(text.size() * 2);
  std::size_t level = 0;
  const auto new_line = [&] {
    out += '\n';
    out.append(level * indent, ' ');
  };
  for (std::size_t at = skip_blanks(text, 0); at < text.size(); at = skip_blanks(text, at)) {
    const char c = text[at];
    if (c == '"') {
      const auto end = string_end(text, at);
      out += text.substr(at, end - at);
      at = end;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') {
      out += c;
      const auto next = skip_blanks(text, at);
      if (next < text.size() && (text[next] == '}' || text[next] == ']')) {
        out += text[next];
        at = next + 1;
        continue;
      }
      ++level;
      new_line();
    } else if (c == '}' || c == ']') {
      level -= level > 0 ? 1 : 0;
      new_line();
      out += c;
    } else {
      out += c;
      if (c == ':') out += ' ';
      if (c == ',') new_line();
    }
  }
  return out;
}

std::string compact_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = skip_blanks(text, 0); at < text.size(); at = skip_blanks(text, at)) {
    const auto end = text[at] == '"' ? string_end(text, at) : at + 1;
    out += text.substr(at, end - at);
    at = end;
  }
  return out;
}

}  // namespace iib::catalog::fbc
