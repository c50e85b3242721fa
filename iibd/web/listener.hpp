#pragma once

#include "iib/base/log.hpp"
#include "iib/config/network.hpp"
#include "web/connection.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace iib::web {

/// Accepts connections at one address. Made, opened and closed by the server's own thread; accepts
/// on its strand.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  /// Takes a fresh connection; its executor is a strand of its own.
  using Take = std::function<void(Socket, Peer)>;

  Listener(boost::asio::io_context& context, const config::ListenAddress& where, Take take,
           Log log);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  /// Removes the file of a unix socket.
  ~Listener();

  /// Binds and listens. Throws ExternalError naming the address and the cause.
  void open();
  /// Begins to accept.
  void start();
  /// Accepts no more.
  void close();
  /// The address as `iib_listen` has it, with the real port in place of 0.
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

 private:
  using Protocol = boost::asio::generic::stream_protocol;
  using Acceptor = boost::asio::basic_socket_acceptor<Protocol>;

  void open_unix();
  void open_tcp();
  void bind(const Protocol::endpoint& endpoint);
  boost::asio::awaitable<void> accept();

  boost::asio::io_context& context_;
  config::ListenAddress where_;
  /// As text, for people.
  std::string address_;
  Take take_;
  Log log_;
  Acceptor acceptor_;
  /// Whether the socket's file is ours.
  bool owns_file_ = false;
};

}  // namespace iib::web
