#pragma once

#include <chrono>
#include <stop_token>
#include <string_view>

namespace iib {

/// What every wait hears: a stop token and a deadline. A cheap value, passed down to the child
/// process. Safe to share between threads.
class Cancellation {
 public:
  /// Never cancelled, no deadline: for start-up and tests.
  Cancellation() = default;
  /// Ends at `deadline` or when `stop` is requested, whichever is first.
  explicit Cancellation(std::stop_token stop, std::chrono::steady_clock::time_point deadline =
                                                  std::chrono::steady_clock::time_point::max())
      : stop_{std::move(stop)}, deadline_{deadline} {}

  /// The token, for condition waits.
  [[nodiscard]] const std::stop_token& stop() const noexcept { return stop_; }
  /// When the work must have ended.
  [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept {
    return deadline_;
  }
  /// The same, ending after `limit` at the latest.
  [[nodiscard]] Cancellation within(std::chrono::steady_clock::duration limit) const;
  /// Throws Cancelled when a stop was requested, or ExternalError (not worth retrying) when the
  /// deadline has passed; `what` names the step.
  void check(std::string_view what) const;
  /// Sleeps for `duration`; throws like check() as soon as the stop or the deadline comes.
  void sleep(std::chrono::steady_clock::duration duration, std::string_view what) const;

 private:
  std::stop_token stop_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
};

}  // namespace iib
