#pragma once

#include "io/http_exchange.hpp"

#include <memory>

namespace iib::io {

/// A connection of cpp-httplib. That library writes requests and takes answers apart; connecting,
/// every wait and the reading of heads are ours, because version 0.11 has no deadlines, decodes
/// %XX in headers, and cannot be stopped while it connects. Version 0.11.4 was read for what is
/// relied on here.
class HttpEngine {
 public:
  HttpEngine() = default;
  HttpEngine(const HttpEngine&) = delete;
  HttpEngine& operator=(const HttpEngine&) = delete;
  virtual ~HttpEngine() = default;

  /// Whether a connection is kept from the last call.
  [[nodiscard]] virtual bool is_connected() const = 0;
  /// Sends the request and reads the answer into the exchange; false when it failed, which the
  /// exchange or its wait tells.
  [[nodiscard]] virtual bool run(HttpExchange& exchange) = 0;
};

/// An engine for `server`. Throws as configure_tls() does.
[[nodiscard]] std::unique_ptr<HttpEngine> make_engine(const HttpOrigin& server,
                                                      const HttpSettings& settings);

}  // namespace iib::io
