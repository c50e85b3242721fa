#include "iib/base/retry.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace iib {

std::chrono::milliseconds retry_wait(const RetryPolicy& policy, int attempt, double random) {
  const int doublings = std::clamp(attempt - 1, 0, 16);  // beyond this the cap decides anyway
  const auto backoff = std::max(policy.delay, policy.multiplier * (1 << doublings));
  const auto jitter = std::chrono::milliseconds{static_cast<std::chrono::milliseconds::rep>(
      static_cast<double>(policy.jitter.count()) * random)};
  return std::min(policy.cap, backoff + jitter);
}

void wait_before_retry(const RetryPolicy& policy, int attempt, const Cancellation& cancellation,
                       const Log& log, std::string_view what, const ExternalError& cause) {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  const double random = std::uniform_real_distribution<double>{0.0, 1.0}(engine);
  const auto wait = retry_wait(policy, attempt, random);
  log.event(LogLevel::warning,
            "{what}: try {attempt} of {attempts} failed, next in {delay} s: {cause}",
            {{"what", what},
             {"attempt", std::int64_t{attempt}},
             {"attempts", std::int64_t{policy.attempts}},
             {"delay", std::chrono::duration<double>(wait).count()},
             {"cause", one_line(cause.what())}});
  cancellation.sleep(wait, what);
}

}  // namespace iib
