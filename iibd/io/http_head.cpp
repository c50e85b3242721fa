#include "io/http_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace iib::io {
namespace {

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](unsigned char one, unsigned char other) {
                      return std::tolower(one) == std::tolower(other);
                    });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// Takes the first line off `rest`, without its end (LF alone ends one, too: RFC 9112, 2.2).
std::string_view take_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  auto line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The status of `HTTP/1.x nnn reason`; 0 for anything else. Sets whether it is HTTP/1.0.
int status_of(std::string_view line, bool& old) {
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr std::size_t kStatusAt = 9;
  if (!line.starts_with(kVersion) || line.size() < kStatusAt + 3 || line[kStatusAt - 1] != ' ') {
    return 0;
  }
  old = line[kVersion.size()] == '0';
  int status = 0;
  const auto digits = line.substr(kStatusAt, 3);
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + 3, status);
  const bool ends = line.size() == kStatusAt + 3 || line[kStatusAt + 3] == ' ';
  return failure == std::errc{} && end == digits.data() + 3 && status >= 100 && ends ? status : 0;
}

/// Whether one of the comma-separated words of a header is `word`.
bool has_word(const HttpHeaders& headers, std::string_view name, std::string_view word) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
    if (!same_name(header.first, name)) return false;
    for (std::string_view rest = header.second; !rest.empty();) {
      const auto end = std::min(rest.find(','), rest.size());
      if (same_name(trimmed(rest.substr(0, end)), word)) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
  });
}

/// False when the lengths given are no numbers or differ.
bool read_length(HttpHead& head) {
  for (const auto& [name, value] : head.headers) {
    if (!same_name(name, "content-length")) continue;
    std::uint64_t length = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (failure != std::errc{} || end != value.data() + value.size()) return false;
    if (head.length && *head.length != length) return false;
    head.length = length;
  }
  return true;
}

/// False for a transfer coding other than `chunked`.
bool read_coding(HttpHead& head) {
  for (const auto& [name, value] : head.headers) {
    if (!same_name(name, "transfer-encoding")) continue;
    if (head.chunked || !same_name(value, "chunked")) return false;
    head.chunked = true;
  }
  return true;
}

bool read_headers(std::string_view rest, HttpHead& head) {
  for (auto line = take_line(rest); !line.empty(); line = take_line(rest)) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    head.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  return true;
}

}  // namespace

std::size_t end_of_head(std::string_view bytes) {
  for (std::size_t at = bytes.find('\n'); at != std::string_view::npos;
       at = bytes.find('\n', at + 1)) {
    if (bytes.substr(at + 1, 1) == "\n") return at + 2;
    if (bytes.substr(at + 1, 2) == "\r\n") return at + 3;
  }
  return std::string_view::npos;
}

std::optional<HttpHead> parse_head(std::string_view bytes, std::string_view method) {
  HttpHead head;
  bool old = false;
  head.status = status_of(take_line(bytes), old);
  if (head.status == 0 || !read_headers(bytes, head)) return std::nullopt;
  if (!read_coding(head) || !read_length(head)) return std::nullopt;
  if (head.chunked && head.length) return std::nullopt;
  head.has_body = method != "HEAD" && head.status != 204 && head.status != 304 && head.length != 0;
  const bool framed = !head.has_body || head.chunked || head.length;
  const bool wanted = old ? has_word(head.headers, "connection", "keep-alive")
                          : !has_word(head.headers, "connection", "close");
  head.keeps_connection = framed && wanted;
  return head;
}

std::string plain_head(const HttpHead& head) {
  std::string text = fmt::format("HTTP/1.1 {} -\r\n", head.status);
  if (head.has_body && head.chunked) text += "Transfer-Encoding: chunked\r\n";
  if (head.has_body && head.length) text += fmt::format("Content-Length: {}\r\n", *head.length);
  if (!head.has_body) text += "Content-Length: 0\r\n";
  if (!head.keeps_connection) text += "Connection: close\r\n";
  return text + "\r\n";
}

}  // namespace iib::io
