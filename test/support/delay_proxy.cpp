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

/// What is there; empty at the end of the stream.
std::string receive(int socket) {
  std::array<char, 64UL * 1024> buffer{};
  const auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
  return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
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
  Descriptor timer_;
  std::deque<std::pair<steady_clock::time_point, std::string>> pieces_;
};

void send_at_once(int socket) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

}  // namespace

DelayProxy::DelayProxy(int registry_port, std::chrono::milliseconds latency)
    : registry_port_{registry_port}, latency_{latency}, stop_{::eventfd(0, EFD_CLOEXEC)} {
  port_.listen(kBacklog);
  acceptor_ = std::jthread{[this] { serve(); }};
}

DelayProxy::~DelayProxy() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
}

std::string DelayProxy::address() const {
  return fmt::format("127.0.0.1:{}", port_.number());
}

void DelayProxy::serve() {
  std::array<pollfd, 2> events{{{port_.socket(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  for (;;) {
    if (::poll(events.data(), events.size(), -1) < 0) continue;
    if (events[1].revents != 0) break;
    const int client = ::accept4(port_.socket(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    connections_.emplace_back([this, client] { pass(Descriptor{client}); });
  }
  connections_.clear();  // joins
}

void DelayProxy::pass(Descriptor client) const {
  const auto registry = tcp_socket();
  if (!connect_to(registry.get(), registry_port_)) return;
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
