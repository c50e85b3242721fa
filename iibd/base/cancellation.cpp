#include "iib/base/cancellation.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace iib {

using std::chrono::steady_clock;

Cancellation Cancellation::within(steady_clock::duration limit) const {
  const auto now = steady_clock::now();
  const bool endless = limit > steady_clock::time_point::max() - now;
  return Cancellation{stop_, endless ? deadline_ : std::min(deadline_, now + limit)};
}

void Cancellation::check(std::string_view what) const {
  if (stop_.stop_requested()) throw Cancelled{fmt::format("{} was cancelled", what)};
  if (steady_clock::now() >= deadline_) {
    throw ExternalError{fmt::format("{} took too long and was ended", what),
                        ExternalError::Retry::no};
  }
}

void Cancellation::sleep(steady_clock::duration duration, std::string_view what) const {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock{mutex};
  const auto until = within(duration).deadline();
  stopped.wait_until(lock, stop_, until, [] { return false; });
  check(what);
}

}  // namespace iib
