#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/error.hpp"
#include "iib/base/secret.hpp"
#include "iib/io/http_proxy.hpp"
#include "iib/io/http_url.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::io {

/// Whether the certificate of a server must be trusted and be for its name.
enum class HttpVerification { required, none };

/// How TLS is spoken to a server.
struct TlsSettings {
  /// Files of trusted authorities (PEM), besides those of the host.
  std::vector<std::filesystem::path> authorities{};
  std::filesystem::path client_certificate{};  ///< PEM, with its chain; empty: none.
  std::filesystem::path client_key{};          ///< PEM, of `client_certificate`.
  HttpVerification verification = HttpVerification::required;  ///< Of the server.
};

/// Everything of a connection that does not change from call to call.
struct HttpSettings {
  TlsSettings tls{};                                 ///< Not used for plain HTTP.
  std::optional<HttpProxy> proxy{};                  ///< See find_proxy().
  std::chrono::milliseconds connect_timeout{15000};  ///< For TCP and, again, for TLS.
  /// How long not a byte may move.
  std::chrono::milliseconds idle_timeout{60000};
};

/// Names are compared without regard to case.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// A request body that is not held in memory: fills the buffer with the bytes from `offset` on and
/// gives their number, never 0 before the end. Called again from 0 when a request must be sent
/// again on a new connection. What it throws comes out of HttpClient::send.
using BodySource = std::function<std::size_t(std::uint64_t offset, std::span<char> buffer)>;

/// What comes back.
struct HttpAnswer {
  int status = 0;         ///< Such as 200.
  HttpHeaders headers{};  ///< In the server's order.
  std::string body{};     ///< Empty when a sink took it.

  /// The first header of that name; empty when there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
  /// All headers of that name (several WWW-Authenticate).
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
};

/// Where a large answer goes. What the functions throw ends the call and comes out of
/// HttpClient::send.
struct HttpSink {
  /// Told status and headers, before the first byte; gives whether the body goes to `write` rather
  /// than into HttpAnswer::body (an error's body is better read than stored).
  std::function<bool(const HttpAnswer& head)> begin{};
  std::function<void(std::string_view bytes)> write{};  ///< Each piece, in order.
};

/// One request.
struct HttpRequest {
  std::string method = "GET";               ///< In upper case.
  std::string target = "/";                 ///< Path and query, as sent.
  HttpHeaders headers{};                    ///< Without Host, Content-Length and Authorization.
  Secret authorization{};                   ///< The value of the Authorization header; empty: none.
  std::string content_type{};               ///< Of the body.
  std::string body{};                       ///< In memory.
  BodySource source{};                      ///< Instead of `body`: `source_bytes` bytes.
  std::uint64_t source_bytes = 0;           ///< How many `source` gives.
  HttpSink sink{};                          ///< Unset: the body comes with the answer.
  std::size_t body_limit = 1UL << 20U;      ///< Of HttpAnswer::body.
  std::chrono::milliseconds limit{300000};  ///< For the whole call; beyond it HttpFailure.
};

/// Why no answer, or no whole one, came.
class HttpFailure : public ExternalError {
 public:
  /// Kinds of failures that callers treat differently.
  enum class Cause {
    unresolved,   ///< The name has no address.
    refused,      ///< Nobody listens, or no way leads there.
    timed_out,    ///< Not a byte for too long, or the call's limit passed.
    cut,          ///< The connection ended before the answer did.
    certificate,  ///< Not trusted, expired or for another name.
    tls,          ///< No agreement on TLS; a plain HTTP server, for instance.
    protocol,     ///< What came is no HTTP.
    too_large,    ///< The answer is beyond its limit.
    proxy,        ///< The proxy refused.
  };
  HttpFailure(const std::string& what, Cause cause, Retry retry)
      : ExternalError{what, retry}, cause_{cause} {}
  /// What kind it is.
  [[nodiscard]] Cause cause() const noexcept { return cause_; }

 private:
  Cause cause_;
};

/// A client of one server over one connection, kept open between calls. It follows no redirects,
/// knows no credentials of its own and tries nothing twice, except for a kept connection that the
/// server had closed meanwhile. One call at a time; not shared between threads.
class HttpClient {
 public:
  /// Connects at the first call. Throws ExternalError naming a certificate file that cannot be
  /// used.
  HttpClient(HttpOrigin server, HttpSettings settings);
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  /// Sends `request` and reads the answer, whatever its status. Throws HttpFailure naming the URL
  /// without its query; Cancelled or ExternalError as soon as `cancellation` says so.
  HttpAnswer send(const HttpRequest& request, const Cancellation& cancellation);

  /// Whom it speaks to.
  [[nodiscard]] const HttpOrigin& server() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::io
