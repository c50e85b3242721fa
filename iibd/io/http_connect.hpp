#pragma once

#include "iib/base/descriptor.hpp"
#include "iib/io/http_client.hpp"
#include "io/http_wait.hpp"

#include <string>

namespace iib::io {

/// Why there is no connection.
struct ConnectFailure {
  HttpFailure::Cause cause;
  std::string detail;
  ExternalError::Retry retry = ExternalError::Retry::yes;
};

/// A socket, never blocking, to `server` or to its proxy; through the proxy with CONNECT when the
/// server speaks TLS. Throws ConnectFailure, which never leaves this module; when a wait ended, it
/// says so in HttpWait::end().
[[nodiscard]] Descriptor connect_socket(const HttpOrigin& server, const HttpSettings& settings,
                                        HttpWait& wait);

/// The value of `Proxy-Authorization`; empty when the proxy wants none.
[[nodiscard]] std::string proxy_authorization(const HttpProxy& proxy);

}  // namespace iib::io
