#pragma once

#include "iib/base/error.hpp"
#include "iib/io/http_client.hpp"
#include "image/tool_failure.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace iib::image {

/// A registry asks to come back no sooner than in a while (429 or 503 with Retry-After).
class Postponed : public ExternalError {
 public:
  Postponed(const std::string& what, std::chrono::seconds wait)
      : ExternalError{what, Retry::yes}, wait_{wait} {}
  /// How long it wants to be left alone.
  [[nodiscard]] std::chrono::seconds wait() const noexcept { return wait_; }

 private:
  std::chrono::seconds wait_;
};

/// What a registry says in the body of an error (OCI distribution-spec, "Error Codes"): codes and
/// messages, or the beginning of a plain text. One line, without the queries of URLs; may be empty.
[[nodiscard]] std::string error_text(const io::HttpAnswer& answer);

/// Throws what a status that is not a success means in `step`; `what` is method and URL.
[[noreturn]] void throw_status(const io::HttpAnswer& answer, std::string_view what,
                               const Step& step);

/// Throws what a call without an answer means in `step`.
[[noreturn]] void throw_connection_failure(const io::HttpFailure& failure, const Step& step);

/// The wait that `Retry-After` asks for, in seconds or as a date (RFC 9110, 10.2.3); 0 without.
[[nodiscard]] std::chrono::seconds retry_after(const io::HttpAnswer& answer);

}  // namespace iib::image
