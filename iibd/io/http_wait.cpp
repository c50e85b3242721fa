#include "io/http_wait.hpp"

#include "iib/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace iib::io {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

HttpWait::HttpWait(const Cancellation& cancellation, steady_clock::time_point limit)
    : cancellation_{cancellation},
      limit_{std::min(limit, cancellation.deadline())},
      stopped_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (!stopped_.is_open()) {
    throw ExternalError{fmt::format("no event for a network call can be made: {}; raise the limit "
                                    "of open files of this host",
                                    std::strerror(errno)),
                        ExternalError::Retry::yes};
  }
  heard_.emplace(cancellation_.stop(), [this] { stop(); });
}

void HttpWait::stop() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stopped_.get(), &one, sizeof one);
  const std::scoped_lock lock{mutex_};
  if (lent_.is_open()) ::shutdown(lent_.get(), SHUT_RDWR);
}

milliseconds HttpWait::at_most(milliseconds idle) const {
  const auto left = std::chrono::ceil<milliseconds>(limit_ - steady_clock::now());
  return std::clamp(left, milliseconds{1}, std::max(idle, milliseconds{1}));
}

bool HttpWait::await(int socket, For wanted, milliseconds idle) {
  const auto until = std::min(limit_, steady_clock::now() + idle);
  const short events = wanted == For::bytes  ? POLLIN
                       : wanted == For::room ? POLLOUT
                                             : static_cast<short>(POLLIN | POLLOUT);
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    std::array<pollfd, 2> polled{{{socket, events, 0}, {stopped_.get(), POLLIN, 0}}};
    const int ready = ::poll(polled.data(), polled.size(),
                             static_cast<int>(std::max(left, milliseconds{0}).count()));
    if (polled[1].revents != 0) {
      end_ = End::stopped;
      return false;
    }
    // A peer that sends a byte now and then is never idle; the limit ends it.
    if (steady_clock::now() >= limit_) {
      end_ = End::limit;
      return false;
    }
    if (ready > 0) return true;
    if (ready == 0) {
      end_ = End::idle;
      return false;
    }
  }
}

void HttpWait::lend(int socket) {
  const std::scoped_lock lock{mutex_};
  lent_ = Descriptor{::fcntl(socket, F_DUPFD_CLOEXEC, 0)};
  if (cancellation_.stop().stop_requested() && lent_.is_open()) ::shutdown(lent_.get(), SHUT_RDWR);
}

void HttpWait::take_back() {
  const std::scoped_lock lock{mutex_};
  lent_.close();
}

}  // namespace iib::io
