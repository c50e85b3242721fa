#include "web/target.hpp"

#include <algorithm>

namespace iib::web {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

/// The byte that the escape at `at` stands for, if it is one.
std::optional<char> escaped_byte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size()) return std::nullopt;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

std::optional<std::string> decode_path(std::string_view text) {
  std::string path;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      path += text[at];
      continue;
    }
    const auto byte = escaped_byte(text, at);
    // A decoded slash would be another path than the one that was written.
    if (!byte || *byte == '\0' || *byte == '/') return std::nullopt;
    path += *byte;
    at += 2;
  }
  return path;
}

std::string decode_query(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = text[at] == '%' ? escaped_byte(text, at) : std::nullopt;
    if (byte) {
      decoded += *byte;
      at += 2;
    } else {
      decoded += text[at] == '+' ? ' ' : text[at];
    }
  }
  return decoded;
}

}  // namespace

std::string_view without_authority(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const auto path = text.find_first_of("/?", scheme.size());
    return path == std::string_view::npos ? "/" : text.substr(path);
  }
  return text;
}

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  for (const auto& [known, value] : query) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::optional<Target> parse_target(std::string_view text) {
  text = without_authority(text);
  const auto mark = text.find('?');
  auto path = decode_path(text.substr(0, mark));
  if (!path || !path->starts_with('/')) return std::nullopt;
  Target target{std::move(*path), {}};
  auto query = mark == std::string_view::npos ? std::string_view{} : text.substr(mark + 1);
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    target.query.emplace_back(decode_query(pair.substr(0, equals)),
                              decode_query(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return target;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char character : text) {
    const bool unreserved = (character >= '0' && character <= '9') ||
                            (character >= 'a' && character <= 'z') ||
                            (character >= 'A' && character <= 'Z') ||
                            std::string_view{"-._~"}.find(character) != std::string_view::npos;
    if (unreserved) {
      encoded += character;
      continue;
    }
    const auto byte = static_cast<unsigned char>(character);
    encoded += '%';
    encoded += kHexDigits[byte >> 4U];
    encoded += kHexDigits[byte & 0xFU];
  }
  return encoded;
}

}  // namespace iib::web
