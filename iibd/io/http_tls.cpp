#include "io/http_tls.hpp"

#include "iib/base/error.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <ctime>

namespace iib::io {
namespace {

using Cause = HttpFailure::Cause;
using Retry = ExternalError::Retry;

std::string error_text() {
  const auto code = ::ERR_get_error();
  const char* reason = code == 0 ? nullptr : ::ERR_reason_error_string(code);
  ::ERR_clear_error();
  return reason == nullptr ? "not readable" : reason;
}

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view use) {
  throw ExternalError{
      fmt::format("{} cannot be used as {}: {}; it must be PEM and readable for the "
                  "user that iibd runs as",
                  file.string(), use, error_text()),
      Retry::no};
}

/// The name is verified by OpenSSL together with the chain, so that one result tells both.
void expect_name(SSL_CTX* context, const std::string& host) {
  auto* parameters = ::SSL_CTX_get0_param(context);
  ::X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (::X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) != 1) {
    ::ERR_clear_error();
    ::X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size());
  }
}

}  // namespace

void configure_tls(SSL_CTX* context, const HttpOrigin& server, const TlsSettings& settings) {
  ::ERR_clear_error();
  ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // The socket does not block, so that a write may be taken in part and repeated from elsewhere.
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  expect_name(context, server.host);
  for (const auto& file : settings.authorities) {
    if (::SSL_CTX_load_verify_file(context, file.c_str()) != 1) refuse(file, "an authority");
  }
  if (settings.client_certificate.empty()) return;
  if (::SSL_CTX_use_certificate_chain_file(context, settings.client_certificate.c_str()) != 1) {
    refuse(settings.client_certificate, "a client certificate");
  }
  if (::SSL_CTX_use_PrivateKey_file(context, settings.client_key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context) != 1) {
    refuse(settings.client_key, fmt::format("the key of {}", settings.client_certificate.string()));
  }
}

HttpExchange::Failure handshake_failure() {
  // The first tells the cause; cpp-httplib's goodbye adds more.
  const auto code = ::ERR_get_error();
  ::ERR_clear_error();
  const int reason = ERR_GET_REASON(code);
  if (code == 0 || ERR_GET_LIB(code) != ERR_LIB_SSL ||
      reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return {Cause::cut, "unexpected EOF: the connection ended during the TLS handshake"};
  }
  const char* text = ::ERR_reason_error_string(code);
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
      reason == SSL_R_PACKET_LENGTH_TOO_LONG) {
    return {Cause::tls, fmt::format("the server does not speak TLS ({})", text), Retry::no};
  }
  return {Cause::tls, fmt::format("TLS handshake failed: {}", text == nullptr ? "no reason" : text),
          Retry::no};
}

HttpExchange::Failure certificate_failure(long verify_result) {
  const char* text = ::X509_verify_cert_error_string(verify_result);
  return {Cause::certificate, fmt::format("its certificate is not accepted: {}", text), Retry::no};
}

WithoutSigpipe::WithoutSigpipe() {
  sigset_t pipe{};
  sigset_t before{};
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
  ours_ = ::sigismember(&before, SIGPIPE) == 0;
}

WithoutSigpipe::~WithoutSigpipe() {
  if (!ours_) return;
  sigset_t pipe{};
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  const timespec now{};
  while (::sigtimedwait(&pipe, nullptr, &now) > 0) {
  }
  ::pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
}

}  // namespace iib::io
