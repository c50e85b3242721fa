#pragma once

#include "iib/base/guarded.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

namespace iib::web {

/// A stream socket of any family.
using Socket = boost::asio::generic::stream_protocol::socket;

/// The encrypted side of a socket. Hides Asio's TLS, whose headers cost seconds in every source
/// that includes them. Used on the socket's strand, where `Done` is called too.
class SecureStream {
 public:
  using Done = std::function<void(boost::system::error_code, std::size_t)>;

  SecureStream() = default;
  SecureStream(const SecureStream&) = delete;
  SecureStream& operator=(const SecureStream&) = delete;
  virtual ~SecureStream() = default;

  virtual void handshake(Done done) = 0;
  virtual void shutdown(Done done) = 0;
  virtual void read_some(boost::asio::mutable_buffer into, Done done) = 0;
  virtual void write_some(boost::asio::const_buffer from, Done done) = 0;
};

/// The service's certificate and key. Safe to use from any thread.
class Tls {
 public:
  /// Reads both files. Throws UserError naming the option whose file is bad.
  Tls(std::filesystem::path certificate, std::filesystem::path key);
  ~Tls();

  /// Lets `socket`, which outlives the result, speak TLS with what was read last.
  [[nodiscard]] std::unique_ptr<SecureStream> wrap(Socket& socket) const;
  /// Reads both files anew, for connections to come. When it throws, the old ones stay.
  void reload();

 private:
  struct Context;
  std::filesystem::path certificate_;
  std::filesystem::path key_;
  mutable Guarded<std::shared_ptr<Context>> context_;
};

}  // namespace iib::web
