#pragma once

#include "iib/io/http_client.hpp"
#include "io/http_head.hpp"
#include "io/http_wait.hpp"

#include <exception>
#include <optional>
#include <string>

namespace iib::io {

/// One call as far as it has come: what the connection, cpp-httplib and the client know of it.
struct HttpExchange {
  /// Why it failed.
  struct Failure {
    HttpFailure::Cause cause;
    std::string detail;
    ExternalError::Retry retry = ExternalError::Retry::yes;
  };

  const HttpRequest& request;
  const HttpSettings& settings;
  HttpWait& wait;
  std::optional<HttpHead> head{};  ///< Once the answer's head is read.
  std::string body{};              ///< As far as it is kept in memory.
  bool sunk = false;               ///< Whether the body goes to the sink.
  bool enough = false;             ///< The rest of an error's body is not read.
  bool answer_began = false;       ///< Whether any byte has come back.
  /// The server answered, or hung up, while the body was being sent: the rest is not.
  bool interrupted = false;
  std::optional<Failure> failure{};  ///< The first is the cause of those behind it.
  std::exception_ptr thrown{};       ///< What the caller's functions threw.

  /// Notes why it failed, unless that is known.
  void fail(HttpFailure::Cause cause, std::string detail,
            ExternalError::Retry retry = ExternalError::Retry::yes) {
    if (!failure) failure = Failure{cause, std::move(detail), retry};
  }
};

}  // namespace iib::io
