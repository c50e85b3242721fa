#pragma once

#include "iib/io/http_client.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iib::io {

/// Status line and headers of an answer, and what they say of its body (RFC 9112).
struct HttpHead {
  int status = 0;
  HttpHeaders headers{};
  bool has_body = true;                   ///< Not after HEAD, and not with 204 or 304.
  bool chunked = false;                   ///< Else of `length`, or up to the end of the connection.
  std::optional<std::uint64_t> length{};  ///< Of the body.
  bool keeps_connection = false;          ///< Whether another request may follow.
};

/// The longest head that is read.
constexpr std::size_t kMostHeadBytes = 64UL << 10U;

/// Where the head that begins `bytes` ends, behind its empty line; npos while it has not ended.
[[nodiscard]] std::size_t end_of_head(std::string_view bytes);

/// Reads a whole head that answers a request with `method`. Nothing when it is no HTTP/1.x or its
/// framing is contradictory, which would let one answer pass for two.
[[nodiscard]] std::optional<HttpHead> parse_head(std::string_view bytes, std::string_view method);

/// The same framing in the fewest words, for cpp-httplib to read the body by. Its own reading of
/// headers decodes %XX in them, which breaks signed URLs in Location, and has no bounds.
[[nodiscard]] std::string plain_head(const HttpHead& head);

}  // namespace iib::io
