#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace iib::web {

/// Who is at the other end of the connection.
struct Peer {
  /// The IP address as text; empty for a unix socket.
  std::string address;
  /// Whether the connection is encrypted.
  bool tls = false;
};

/// The authenticated principal; nothing for an anonymous caller that may pass.
using User = std::optional<std::string>;

/// Who sent a request.
struct Identity {
  User user;
  /// Value of the answer's `WWW-Authenticate` that proves to the client who we are; or empty.
  std::string proof;
};

/// A request as the API sees it: no socket, no library of HTTP.
struct HttpRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Peer peer;
  /// Whether it says that it is HTTP/1.1 or later.
  bool is_http11 = true;
  /// Found out from the head, for methods that change something.
  Identity identity;

  /// All values of the header; names are compared without regard to case.
  [[nodiscard]] std::vector<std::string_view> header(std::string_view name) const;
  /// Overwrites the body and the credentials, once they are no longer needed.
  void wipe_secrets() noexcept;
};

/// A body too large to be held: `size` bytes, read piece by piece.
struct BodySource {
  std::uintmax_t size = 0;
  /// At most `bytes` bytes from `offset` on; empty when they are gone.
  std::function<std::string(std::uintmax_t offset, std::size_t bytes)> read;
};

/// A piece of a body that still grows.
struct LivePiece {
  /// What comes after it.
  enum class Then {
    more,  ///< There is more already.
    wait,  ///< Nothing yet.
    end,   ///< Nothing, ever.
  };
  std::string text;
  Then then = Then::wait;
};

/// A body that still grows; what comes is sent as it comes.
struct LiveSource {
  /// At most about `bytes` bytes from `offset` on.
  std::function<LivePiece(std::uintmax_t offset, std::size_t bytes)> read;
  /// How long nothing new keeps the connection from looking again.
  std::chrono::milliseconds look;
  /// Whether news of states make it look at once.
  bool follows_states = false;
  /// Held for as long as it is sent.
  std::shared_ptr<const void> place = {};
};

/// An answer as the API gives it.
struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  /// Replaces `body`.
  std::optional<BodySource> source;
  /// Replaces both.
  std::optional<LiveSource> live;
  /// Value of the `Allow` header; empty: none.
  std::string allow;
  /// Values of `WWW-Authenticate` headers.
  std::vector<std::string> authenticate;
  /// Further headers, name and value.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Builds the answer once what it waited for has come; runs on the connection's thread.
using Finish = std::function<HttpResponse()>;
/// Takes a Finish, once, from any thread.
using Reply = std::function<void(Finish)>;
/// Begins the work of an answer that has to wait.
using Begin = std::function<void(Reply)>;
/// An answer, or the beginning of one.
using Answer = std::variant<HttpResponse, Begin>;

/// The standard phrase of a status.
[[nodiscard]] std::string_view reason_phrase(int status);

/// 16 hex digits that no other request or incident has.
[[nodiscard]] std::string random_id();

/// The one form of every error (rest-api 1.2).
[[nodiscard]] HttpResponse error_response(int status, std::string_view text);

/// Whether two ASCII texts are equal without regard to case.
[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right);

}  // namespace iib::web
