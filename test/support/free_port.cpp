#include "free_port.hpp"

#include "loopback.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>

namespace iib::test {
namespace {

constexpr int kFirst = 20000;

/// The first port that the kernel may give to a socket which names none.
int end_of_range() {
  int first_given = 0;
  std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> first_given;
  return first_given > kFirst ? first_given : 32768;
}

/// Takes the name of a port among the test programs, until this one ends: a socket without a file
/// goes with its process, however that ends.
bool reserve(int port) {
  const int holder = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto name = fmt::format("iibd-test-port-{}", port);
  std::copy(name.begin(), name.end(), std::begin(address.sun_path) + 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(holder, reinterpret_cast<const sockaddr*>(&address), size) == 0) return true;
  ::close(holder);
  return false;
}

/// Whether no other program listens there.
bool unused(int port) {
  const auto probe = tcp_socket();
  const int yes = 1;
  ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  return bind_to(probe.get(), loopback(port));
}

}  // namespace

int free_port() {
  const int count = end_of_range() - kFirst;
  static std::atomic<unsigned> next{std::random_device{}()};
  for (int tried = 0; tried < count; ++tried) {
    const int port = kFirst + static_cast<int>(next++ % static_cast<unsigned>(count));
    if (reserve(port) && unused(port)) return port;
  }
  throw std::runtime_error{"loopback has no free port"};
}

}  // namespace iib::test
