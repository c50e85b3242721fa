#pragma once

#include "iib/io/http_client.hpp"
#include "io/http_exchange.hpp"

struct ssl_ctx_st;

namespace iib::io {

/// Prepares `context` for connections to `server`. Throws ExternalError naming the certificate file
/// that cannot be used.
void configure_tls(ssl_ctx_st* context, const HttpOrigin& server, const TlsSettings& settings);

/// Why a handshake failed, as far as OpenSSL's queue of errors of this thread tells.
[[nodiscard]] HttpExchange::Failure handshake_failure();

/// Why a certificate was not accepted, from OpenSSL's verification result.
[[nodiscard]] HttpExchange::Failure certificate_failure(long verify_result);

/// Keeps SIGPIPE from this thread while it lives: OpenSSL writes to sockets without MSG_NOSIGNAL,
/// and cpp-httplib says goodbye to servers that have gone.
class WithoutSigpipe {
 public:
  WithoutSigpipe();
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;
  ~WithoutSigpipe();

 private:
  bool ours_ = false;  ///< Whether it was neither blocked nor pending before.
};

}  // namespace iib::io
