#pragma once

#include "web/tls.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>

#include <memory>
#include <utility>

namespace iib::web {

/// Bytes to and from a client, encrypted or not. What Asio and Beast read from and write to.
/// Plain sockets are used directly; TLS costs an allocation per operation more.
class Stream {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the name that Asio asks for
  using executor_type = Socket::executor_type;

  /// With TLS when there is a `tls`.
  Stream(Socket socket, const Tls* tls)
      : plain_{std::move(socket)}, secure_{tls == nullptr ? nullptr : tls->wrap(plain_)} {}

  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  [[nodiscard]] executor_type get_executor() { return plain_.get_executor(); }
  [[nodiscard]] bool is_secure() const { return secure_ != nullptr; }
  /// The socket below, to cancel and close.
  [[nodiscard]] Socket& socket() { return plain_; }

  /// Agrees with the client on the encryption, if there is one.
  template <class Token>
  auto async_handshake(Token&& token) {
    return start(&SecureStream::handshake, std::forward<Token>(token));
  }
  /// Tells the client that no more comes, and waits for its word.
  template <class Token>
  auto async_shutdown(Token&& token) {
    return start(&SecureStream::shutdown, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(Error, std::size_t)>(
        [this](auto handler, const Buffers& into) {
          if (!secure_) return plain_.async_read_some(into, std::move(handler));
          secure_->read_some(first_of<boost::asio::mutable_buffer>(into), shared(handler));
        },
        token, buffers);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(Error, std::size_t)>(
        [this](auto handler, const Buffers& from) {
          if (!secure_) return plain_.async_write_some(from, std::move(handler));
          secure_->write_some(first_of<boost::asio::const_buffer>(from), shared(handler));
        },
        token, buffers);
  }

 private:
  using Error = boost::system::error_code;

  template <class Token>
  auto start(void (SecureStream::*operation)(SecureStream::Done), Token&& token) {
    return boost::asio::async_initiate<Token, void(Error, std::size_t)>(
        [this, operation](auto handler) { ((*secure_).*operation)(shared(handler)); }, token);
  }

  /// A function that may be copied, of a handler that may not. TLS calls it on the socket's strand.
  template <class Handler>
  static SecureStream::Done shared(Handler& handler) {
    return [kept = std::make_shared<Handler>(std::move(handler))](
               Error problem, std::size_t bytes) { std::move (*kept)(problem, bytes); };
  }

  /// A TLS record has one source, so only one buffer is used at a time.
  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end; ++at) {
      const Buffer buffer{*at};
      if (buffer.size() > 0) return buffer;
    }
    return {};
  }

  Socket plain_;
  std::unique_ptr<SecureStream> secure_;
};

}  // namespace iib::web
