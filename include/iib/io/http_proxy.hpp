#pragma once

#include "iib/base/secret.hpp"
#include "iib/io/http_url.hpp"

#include <functional>
#include <optional>
#include <string>

namespace iib::io {

/// An HTTP proxy on the way to a server.
struct HttpProxy {
  HttpOrigin origin;  ///< Spoken to without TLS.
  std::string user;   ///< Empty: no credentials.
  Secret password;    ///< Of `user`.
};

/// The value of an environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// The proxy that the environment names for `server`: HTTPS_PROXY or HTTP_PROXY, then ALL_PROXY,
/// unless NO_PROXY (host names, domains, addresses, networks such as 10.0.0.0/8, each with or
/// without a port, or `*`) excludes it; each also in lower case, which comes first. Loopback never
/// takes a proxy. Throws ExternalError naming the variable when its value is no URL of a plain HTTP
/// proxy.
[[nodiscard]] std::optional<HttpProxy> find_proxy(const HttpOrigin& server,
                                                  const Environment& environment);

/// The same with the environment of this process.
[[nodiscard]] std::optional<HttpProxy> find_proxy(const HttpOrigin& server);

}  // namespace iib::io
