#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace iib::io {

/// How a server is spoken to.
enum class HttpScheme { http, https };

/// Whom a request goes to: what decides whether a connection and its credentials may be shared
/// (RFC 6454). The host is in lower case, an IPv6 address without its brackets.
struct HttpOrigin {
  HttpScheme scheme = HttpScheme::https;  ///< With or without TLS.
  std::string host;                       ///< A name or a numeric address.
  std::uint16_t port = 443;               ///< Always given.

  /// `https://host:port`, without a port that is the scheme's own.
  [[nodiscard]] std::string text() const;
  /// `host:port`, likewise: the name that certs.d and errors use.
  [[nodiscard]] std::string authority() const;
  friend bool operator==(const HttpOrigin&, const HttpOrigin&) = default;
  friend auto operator<=>(const HttpOrigin&, const HttpOrigin&) = default;
};

/// The origin of `authority` (`host`, `host:port`, `[::1]:port`). Throws UserError naming it when
/// it is none.
[[nodiscard]] HttpOrigin origin_of(HttpScheme scheme, std::string_view authority);

/// An http or https URL (RFC 3986), taken apart; the fragment is dropped.
struct HttpUrl {
  HttpOrigin origin;         ///< Whom to ask.
  std::string target = "/";  ///< Path and query, as sent; begins with `/`.

  /// The whole URL.
  [[nodiscard]] std::string text() const;
};

/// Reads an absolute URL. Throws UserError for another scheme, user information, white space or
/// control characters; the error does not repeat the query, which may be signed.
[[nodiscard]] HttpUrl parse_url(std::string_view text);

/// What `reference` (of a `Location` header) means in an answer to `base` (RFC 3986, 5.2): a URL,
/// `//host/path`, an absolute path, a relative one, or a query. Throws as parse_url().
[[nodiscard]] HttpUrl resolve(const HttpUrl& base, std::string_view reference);

/// `value` for use in a query or a form: all but the unreserved characters of RFC 3986 as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view value);

}  // namespace iib::io
