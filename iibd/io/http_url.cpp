#include "iib/io/http_url.hpp"

#include "iib/base/error.hpp"
#include "iib/base/log.hpp"
#include "iib/base/urls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

namespace iib::io {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr std::size_t kLongestUrl = 64UL << 10U;

std::uint16_t usual_port(HttpScheme scheme) {
  return scheme == HttpScheme::https ? 443 : 80;
}

char lower(char character) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char character) { return lower(character); });
  return result;
}

/// A URL or a part of it, fit for an error.
std::string shown(std::string_view text) {
  constexpr std::size_t kShown = 200;
  return one_line(without_queries(text.substr(0, text.find('?'))), kShown);
}

[[noreturn]] void refuse(std::string_view url, std::string_view problem) {
  throw UserError{fmt::format("'{}' cannot be used as a URL: {}", shown(url), problem)};
}

/// What could end a request line early, or begin a header of its own.
bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char character) { return character > ' ' && character <= '~'; });
}

std::uint16_t parse_port(std::string_view text, std::string_view authority) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc{} || end != text.data() + text.size() || port == 0) {
    refuse(authority, "its port is no number from 1 to 65535");
  }
  return port;
}

std::string_view after_scheme(std::string_view text, std::optional<HttpScheme>& scheme) {
  const auto head = lower(text.substr(0, kHttps.size()));
  if (head.starts_with(kHttps)) {
    scheme = HttpScheme::https;
    return text.substr(kHttps.size());
  }
  if (head.starts_with(kHttp)) {
    scheme = HttpScheme::http;
    return text.substr(kHttp.size());
  }
  return text;
}

/// Without `.` and `..` (RFC 3986, 5.2.4).
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool directory = false;
  for (std::size_t at = 1; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto name = path.substr(at, end - at);
    directory = name == "." || name == "..";
    if (name == ".." && !kept.empty()) kept.pop_back();
    if (!directory) kept.push_back(name);
    at = end + 1;
  }
  std::string result;
  for (const auto& name : kept) {
    result += '/';
    result += name;
  }
  if (result.empty() || directory) result += '/';
  return result;
}

}  // namespace

std::string HttpOrigin::authority() const {
  const auto name = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  return port == usual_port(scheme) ? name : fmt::format("{}:{}", name, port);
}

std::string HttpOrigin::text() const {
  return fmt::format("{}{}", scheme == HttpScheme::https ? kHttps : kHttp, authority());
}

std::string HttpUrl::text() const {
  return origin.text() + target;
}

HttpOrigin origin_of(HttpScheme scheme, std::string_view authority) {
  std::string_view host = authority;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) refuse(authority, "its address has no closing bracket");
    host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  if (host.empty()) refuse(authority, "it names no host");
  if (!is_visible(host) || host.find_first_of("/?#@[]\\%") != std::string_view::npos) {
    refuse(authority, "its host holds characters that no host name has");
  }
  HttpOrigin origin{.scheme = scheme, .host = lower(host), .port = usual_port(scheme)};
  if (!rest.empty()) {
    if (rest.front() != ':') refuse(authority, "something follows its address");
    origin.port = parse_port(rest.substr(1), authority);
  }
  return origin;
}

HttpUrl parse_url(std::string_view text) {
  if (text.size() > kLongestUrl) refuse(text, "it is too long");
  if (!is_visible(text)) refuse(text, "it holds white space or control characters");
  std::optional<HttpScheme> scheme;
  const auto rest = after_scheme(text, scheme);
  if (!scheme) refuse(text, "it does not begin with http:// or https://");
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  if (rest.substr(0, end).find('@') != std::string_view::npos) {
    refuse(rest.substr(rest.find('@')), "it holds a user name");
  }
  const auto target = rest.substr(end, rest.find('#') - end);
  HttpUrl url{.origin = origin_of(*scheme, rest.substr(0, end)), .target = std::string{target}};
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  return url;
}

HttpUrl resolve(const HttpUrl& base, std::string_view reference) {
  std::optional<HttpScheme> scheme;
  after_scheme(reference, scheme);
  if (scheme) return parse_url(reference);
  if (reference.starts_with("//")) {
    const auto of_base = base.origin.scheme == HttpScheme::https ? "https:" : "http:";
    return parse_url(of_base + std::string{reference});
  }
  const auto question = std::min(base.target.find('?'), base.target.size());
  const auto path = std::string_view{base.target}.substr(0, question);
  const auto end = std::min(reference.find_first_of("?#"), reference.size());
  const auto given = reference.substr(0, end);
  const auto query = reference.substr(end, reference.find('#') - end);
  std::string merged;
  if (given.starts_with('/')) {
    merged = without_dots(given);
  } else if (given.empty()) {
    merged = path;
  } else {
    merged = without_dots(std::string{path.substr(0, path.rfind('/') + 1)} + std::string{given});
  }
  return parse_url(base.origin.text() + merged + std::string{query});
}

std::string percent_encoded(std::string_view value) {
  std::string result;
  for (const char character : value) {
    const auto byte = static_cast<unsigned char>(character);
    if ((std::isalnum(byte) != 0 && byte < 0x80) ||
        std::string_view{"-._~"}.find(character) != std::string_view::npos) {
      result.push_back(character);
    } else {
      result += fmt::format("%{:02X}", byte);
    }
  }
  return result;
}

}  // namespace iib::io
