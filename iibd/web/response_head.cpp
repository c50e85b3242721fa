#include "web/response_head.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

namespace iib::web {
namespace {

constexpr unsigned kHttp11 = 11;

/// Empty where there is no body.
std::string type_header(const HttpResponse& response) {
  if (response.content_type.empty()) return {};
  return fmt::format("Content-Type: {}\r\n", response.content_type);
}

/// Where the body ends (RFC 9112, 6.3); empty: with the connection.
std::string length_header(const HttpResponse& response, unsigned version) {
  if (response.status == 204) return {};  // RFC 9110, 8.6
  if (is_chunked(response, version)) return "Transfer-Encoding: chunked\r\n";
  if (response.live) return {};
  return fmt::format("Content-Length: {}\r\n",
                     response.source ? response.source->size : response.body.size());
}

std::string_view connection_header(const Delivery& delivery) {
  if (!delivery.keep_alive) return "Connection: close\r\n";
  return delivery.version < kHttp11 ? "Connection: keep-alive\r\n" : "";
}

}  // namespace

bool is_chunked(const HttpResponse& response, unsigned version) {
  return response.live && version >= kHttp11;
}

std::string head_text(const HttpResponse& response, const Delivery& delivery) {
  auto head = fmt::format(
      "HTTP/1.1 {} {}\r\nServer: iibd\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\n"
      "{}{}X-Request-Id: {}\r\n",
      response.status, reason_phrase(response.status),
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())),
      type_header(response), length_header(response, delivery.version), delivery.id);
  if (!response.allow.empty()) head += fmt::format("Allow: {}\r\n", response.allow);
  for (const auto& value : response.authenticate) {
    head += fmt::format("WWW-Authenticate: {}\r\n", value);
  }
  for (const auto& [name, value] : response.headers) head += fmt::format("{}: {}\r\n", name, value);
  head += connection_header(delivery);
  return head + "\r\n";
}

}  // namespace iib::web
