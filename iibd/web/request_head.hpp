#pragma once

#include "iib/web/server.hpp"
#include "web/http.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>

#include <optional>

namespace iib::web {

/// A request as Beast reads it.
using Message = boost::beast::http::request<boost::beast::http::string_body>;

/// The first version whose rules a request has to follow, as Beast has it.
inline constexpr unsigned kHttp11 = 11;

/// Everything of `message` but its body.
[[nodiscard]] HttpRequest head_of(const Message& message, const Peer& peer);

/// Whether a body follows the headers.
[[nodiscard]] bool has_body(const Message& message);

/// Whether another reader may see the body end elsewhere (RFC 9112, 6.1): only chunks are known
/// here.
[[nodiscard]] bool has_doubtful_end(const HttpRequest& request);

/// What a request that cannot be read is answered with; nothing when nobody is there to read it.
[[nodiscard]] std::optional<HttpResponse> answer_to(const boost::system::error_code& problem,
                                                    bool timed_out, const Limits& limits);

}  // namespace iib::web
