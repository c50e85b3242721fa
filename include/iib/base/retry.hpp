#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/error.hpp"
#include "iib/base/log.hpp"

#include <chrono>
#include <functional>
#include <string_view>

namespace iib {

/// How often and with which waits an outside operation is tried (pipeline 12).
struct RetryPolicy {
  /// Tries in all, the first included; at least 1 (`iib_total_attempts`).
  int attempts = 5;
  /// Wait after try n is multiplier x 2^(n-1) (`iib_retry_multiplier`).
  std::chrono::milliseconds multiplier{5000};
  /// The least wait (`iib_retry_delay`).
  std::chrono::milliseconds delay{10000};
  /// The most added at random (`iib_retry_jitter`).
  std::chrono::milliseconds jitter{10000};
  /// No wait is longer, jitter included.
  std::chrono::milliseconds cap{60000};
};

/// The wait after failed try `attempt` (1, 2, ...); `random` in [0, 1) places the jitter.
[[nodiscard]] std::chrono::milliseconds retry_wait(const RetryPolicy& policy, int attempt,
                                                   double random);

/// Logs "try n of m failed, next in ..." and sleeps. Throws Cancelled or ExternalError when the
/// cancellation comes first. Used by `retry`.
void wait_before_retry(const RetryPolicy& policy, int attempt, const Cancellation& cancellation,
                       const Log& log, std::string_view what, const ExternalError& cause);

/// Calls `operation` until it succeeds, throws something not worth retrying, or the attempts are
/// used up; the last failure is thrown on. `what` names the operation in the log.
template <class Operation>
auto retry(const RetryPolicy& policy, const Cancellation& cancellation, const Log& log,
           std::string_view what, Operation&& operation) {
  for (int attempt = 1;; ++attempt) {
    cancellation.check(what);
    try {
      return std::invoke(operation);
    } catch (const ExternalError& error) {
      if (!error.worth_retrying() || attempt >= policy.attempts) throw;
      wait_before_retry(policy, attempt, cancellation, log, what, error);
    }
  }
}

}  // namespace iib
