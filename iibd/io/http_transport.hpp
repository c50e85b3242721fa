#pragma once

#include "io/http_exchange.hpp"

#include <cstddef>
#include <span>
#include <string_view>

struct ssl_st;

namespace iib::io {

/// Bytes to and from a connected socket that never blocks, with TLS or without; every wait is the
/// exchange's. Owns neither.
class HttpTransport {
 public:
  /// What the server did while we were sending.
  enum class Peer { quiet, answers, ended };

  /// `tls` is null for plain HTTP.
  HttpTransport(int socket, ssl_st* tls, HttpExchange& exchange)
      : socket_{socket}, tls_{tls}, exchange_{exchange} {}

  /// Some bytes; 0 at the end of the connection, -1 with a noted failure.
  std::ptrdiff_t read(std::span<char> buffer);
  /// Sends all, unless the server answers or ends the connection first; then the exchange is
  /// interrupted. False with a noted failure.
  bool write(std::string_view bytes);
  /// Looks without waiting.
  [[nodiscard]] Peer peer();

 private:
  enum class Next { wait_for_bytes, wait_for_room, failed, ended };
  [[nodiscard]] std::ptrdiff_t read_once(std::span<char> buffer, Next& next);
  [[nodiscard]] std::ptrdiff_t write_once(std::string_view bytes, Next& next);
  [[nodiscard]] Next next_of_tls(int result) const;
  [[nodiscard]] bool await(HttpWait::For wanted);

  int socket_;
  ssl_st* tls_;
  HttpExchange& exchange_;
};

}  // namespace iib::io
