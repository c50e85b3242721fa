#include "web/tls.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/secret.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>
#include <utility>

namespace iib::web {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr std::size_t kMostBytes = 1UL << 20U;

std::string read(std::string_view option, const std::filesystem::path& file) {
  try {
    return read_file(file, kMostBytes);
  } catch (const Error& error) {
    throw UserError{fmt::format("{}: {}", option, error.what())};
  }
}

void require(const error_code& problem, std::string_view option, const std::filesystem::path& file,
             std::string_view expected) {
  if (!problem) return;
  throw UserError{fmt::format("{} {} cannot be used: {}; it must be {}", option, file.string(),
                              problem.message(), expected)};
}

ssl::context make_context(const std::filesystem::path& certificate,
                          const std::filesystem::path& key) {
  ssl::context context{ssl::context::tls_server};
  auto* const native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Asked for a password, OpenSSL would else talk to the terminal.
  context.set_password_callback([](std::size_t, ssl::context::password_purpose) { return ""; });
  ERR_clear_error();

  error_code problem;
  const auto chain = read("iib_tls_certificate", certificate);
  context.use_certificate_chain(asio::buffer(chain), problem);
  require(problem, "iib_tls_certificate", certificate,
          "a PEM file with the certificate of the service, followed by those of its issuers");
  const Secret secret{read("iib_tls_key", key)};
  context.use_private_key(asio::buffer(secret.reveal()), ssl::context::pem, problem);
  require(problem, "iib_tls_key", key,
          "the PEM file of the private key that belongs to iib_tls_certificate, not encrypted");
  return context;
}

class AsioStream final : public SecureStream {
 public:
  AsioStream(std::shared_ptr<void> owner, ssl::context& context, Socket& socket)
      : owner_{std::move(owner)}, stream_{socket, context} {}

  void handshake(Done done) override {
    stream_.async_handshake(
        ssl::stream_base::server,
        [done = std::move(done)](const error_code& problem) { done(problem, 0); });
  }
  void shutdown(Done done) override {
    stream_.async_shutdown(
        [done = std::move(done)](const error_code& problem) { done(problem, 0); });
  }
  void read_some(asio::mutable_buffer into, Done done) override {
    stream_.async_read_some(into, std::move(done));
  }
  void write_some(asio::const_buffer from, Done done) override {
    stream_.async_write_some(from, std::move(done));
  }

 private:
  std::shared_ptr<void> owner_;
  ssl::stream<Socket&> stream_;
};

}  // namespace

struct Tls::Context {
  Context(const std::filesystem::path& certificate, const std::filesystem::path& key)
      : context{make_context(certificate, key)} {}
  ssl::context context;
};

Tls::Tls(std::filesystem::path certificate, std::filesystem::path key)
    : certificate_{std::move(certificate)},
      key_{std::move(key)},
      context_{std::make_shared<Context>(certificate_, key_)} {}

Tls::~Tls() = default;

std::unique_ptr<SecureStream> Tls::wrap(Socket& socket) const {
  auto current = context_.with([](const auto& context) { return context; });
  auto& context = current->context;
  return std::make_unique<AsioStream>(std::move(current), context, socket);
}

void Tls::reload() {
  auto fresh = std::make_shared<Context>(certificate_, key_);
  context_.with([&](auto& context) { context = std::move(fresh); });
}

}  // namespace iib::web
