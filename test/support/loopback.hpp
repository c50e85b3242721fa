#pragma once

#include "iib/base/descriptor.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace iib::test {

/// `port` of loopback; 0 is any that is free.
inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Whether `socket` has got the address.
inline bool bind_to(int socket, const sockaddr_in& address) {
  return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// Whether `socket` is connected to `port` of loopback now.
inline bool connect_to(int socket, int port) {
  const auto address = loopback(port);
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// A TCP socket without an address.
inline Descriptor tcp_socket() {
  return Descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

/// Whether somebody takes connections at that port of loopback.
inline bool accepts(int port) {
  const auto probe = tcp_socket();
  return connect_to(probe.get(), port);
}

/// Sends all of `bytes`; false when the other side is gone.
inline bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// A port of loopback of one's own. Connections are refused until listen().
class OwnPort {
 public:
  OwnPort() : socket_{tcp_socket()} {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (!bind_to(socket_.get(), address) ||
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error{"no port of loopback can be taken"};
    }
    number_ = ntohs(address.sin_port);
  }

  /// Takes connections from now on, `backlog` of them before anyone accepts them.
  void listen(int backlog) const {
    if (::listen(socket_.get(), backlog) != 0) {
      throw std::runtime_error{"nobody can listen at a port of loopback"};
    }
  }

  [[nodiscard]] int number() const { return number_; }
  /// The listening socket.
  [[nodiscard]] int socket() const { return socket_.get(); }

 private:
  Descriptor socket_;
  int number_ = 0;
};

}  // namespace iib::test
