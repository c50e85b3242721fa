#pragma once

#include "web/http.hpp"

#include <string>
#include <string_view>

namespace iib::web {

/// How an answer travels.
struct Delivery {
  /// The version of the request, 11 for HTTP/1.1.
  unsigned version = 11;
  bool keep_alive = true;
  /// The request's id in the log.
  std::string_view id;
};

/// Whether the body of `response` goes out in chunks: its length is not known, and the client reads
/// them.
[[nodiscard]] bool is_chunked(const HttpResponse& response, unsigned version);

/// Status line and headers, up to and with the empty line.
[[nodiscard]] std::string head_text(const HttpResponse& response, const Delivery& delivery);

}  // namespace iib::web
