#include "web/request_head.hpp"

#include <boost/beast/http/error.hpp>
#include <fmt/format.h>

namespace iib::web {

namespace http = boost::beast::http;
using boost::system::error_code;

HttpRequest head_of(const Message& message, const Peer& peer) {
  HttpRequest request;
  request.method = message.method_string();
  request.target = message.target();
  request.is_http11 = message.version() >= kHttp11;
  for (const auto& field : message) {
    request.headers.emplace_back(field.name_string(), field.value());
  }
  request.peer = peer;
  return request;
}

bool has_body(const Message& message) {
  const auto length = message.find(http::field::content_length);
  return message.chunked() || (length != message.end() && length->value() != "0");
}

bool has_doubtful_end(const HttpRequest& request) {
  const auto encodings = request.header("Transfer-Encoding");
  if (encodings.empty()) return false;
  return !request.is_http11 || encodings.size() > 1 ||
         !equal_ignoring_case(encodings.front(), "chunked");
}

std::optional<HttpResponse> answer_to(const error_code& problem, bool timed_out,
                                      const Limits& limits) {
  if (timed_out) return error_response(408, "the request did not arrive in time");
  if (problem == http::error::header_limit || problem == http::error::buffer_overflow) {
    return error_response(
        431, fmt::format("the headers are larger than the {} bytes allowed", limits.header_bytes));
  }
  if (problem == http::error::body_limit) {
    return error_response(
        413, fmt::format("the body is larger than the {} bytes allowed", limits.body_bytes));
  }
  const bool malformed =
      problem.category() == http::make_error_code(http::error::bad_method).category() &&
      problem != http::error::end_of_stream && problem != http::error::partial_message;
  if (!malformed) return std::nullopt;
  return error_response(400, "the request is not valid HTTP/1.1");
}

}  // namespace iib::web
