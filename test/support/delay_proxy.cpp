#include "delay_proxy.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <array>
#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace iib::test {
namespace {

using std::chrono::steady_clock;

constexpr int kBacklog = 128;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// What is there; empty at the end of the stream.
std::string receive(int socket) {
  std::array<char, 64UL * 1024> buffer{};
  const auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
  return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Bytes on their way, and the end of the stream as an empty piece behind them.
class Way {
 public:
  explicit Way(std::chrono::milliseconds latency)
      : latency_{latency}, timer_{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)} {}

  /// Readable when the first piece has arrived.
  [[nodiscard]] int timer() const { return timer_.get(); }

  void enter(std::string piece) {
    pieces_.emplace_back(steady_clock::now() + latency_, std::move(piece));
    if (pieces_.size() == 1) wind();
  }

  std::string leave() {
    auto piece = std::move(pieces_.front().second);
    pieces_.pop_front();
    wind();
    return piece;
  }

 private:
  void wind() {
    itimerspec next{};  // all zero: never
    if (!pieces_.empty()) {
      const auto due = pieces_.front().first.time_since_epoch();
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(due);
      next.it_value.tv_sec = seconds.count();
      next.it_value.tv_nsec = std::chrono::nanoseconds{due - seconds}.count();
    }
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &next, nullptr);
  }

  std::chrono::milliseconds latency_;
  io::Descriptor timer_;
  std::deque<std::pair<steady_clock::time_point, std::string>> pieces_;
};

void send_at_once(int socket) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

}  // namespace

DelayProxy::DelayProxy(int registry_port, std::chrono::milliseconds latency)
    : registry_port_{registry_port},
      latency_{latency},
      listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)},
      stop_{::eventfd(0, EFD_CLOEXEC)} {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), kBacklog) != 0 ||
      ::getsockname(listener_.get(), any, &size) != 0) {
    throw std::runtime_error{"the delay proxy gets no port"};
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread{[this] { serve(); }};
}

DelayProxy::~DelayProxy() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
}

std::string DelayProxy::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

void DelayProxy::serve() {
  std::array<pollfd, 2> events{{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  for (;;) {
    if (::poll(events.data(), events.size(), -1) < 0) continue;
    if (events[1].revents != 0) break;
    const int client = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    connections_.emplace_back([this, client] { pass(io::Descriptor{client}); });
  }
  connections_.clear();  // joins
}

void DelayProxy::pass(io::Descriptor client) const {
  const io::Descriptor registry{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto address = loopback(registry_port_);
  if (::connect(registry.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return;
  }
  send_at_once(client.get());
  send_at_once(registry.get());
  Way way{latency_};
  std::array<pollfd, 4> events{{{client.get(), POLLIN, 0},
                                {registry.get(), POLLIN, 0},
                                {way.timer(), POLLIN, 0},
                                {stop_.get(), POLLIN, 0}}};
  for (;;) {
    if (::poll(events.data(), events.size(), -1) < 0) continue;
    if (events[3].revents != 0) return;
    if (events[1].revents != 0) {
      const auto answer = receive(registry.get());
      if (answer.empty() || !send_all(client.get(), answer)) return;
    }
    if (events[0].revents != 0) {
      auto piece = receive(client.get());
      if (piece.empty()) events[0].fd = -1;
      way.enter(std::move(piece));
    }
    if (events[2].revents != 0) {
      const auto piece = way.leave();
      if (piece.empty()) ::shutdown(registry.get(), SHUT_WR);
      if (!send_all(registry.get(), piece)) return;
    }
  }
}

}  // namespace iib::test
