#pragma once

#include "iib/base/retry.hpp"

#include <chrono>
#include <optional>
#include <random>
#include <string>

namespace iib::notify {

/// How long something that failed is left alone: longer after each failure in a row.
class Pause {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  [[nodiscard]] bool holds(Moment now) const { return now < until_; }
  /// Whether this is the first failure of a row. Reports of the same failure that come later, while
  /// it holds, count for nothing.
  bool failed(const RetryPolicy& policy, Moment now, double random) {
    if (holds(now)) return false;
    if (failures_ == 0) since_ = now;
    until_ = now + retry_wait(policy, ++failures_, random);
    return failures_ == 1;
  }
  /// It works. Gives how long it did not, if that is news.
  std::optional<std::chrono::seconds> worked(Moment now) {
    if (failures_ == 0) return std::nullopt;
    const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(now - since_);
    *this = {};
    return lasted;
  }

 private:
  int failures_ = 0;
  Moment since_;
  Moment until_;
};

}  // namespace iib::notify
