#include "iib/base/retry.hpp"

#include <catch2/catch.hpp>

using namespace iib;
using namespace std::chrono_literals;

namespace {

const RetryPolicy kQuick{.attempts = 3, .multiplier = 0ms, .delay = 0ms, .jitter = 0ms};

Log quiet() {
  return Log{make_null_sink(), "test", LogLevel::error};
}

}  // namespace

TEST_CASE("the wait doubles, is never below the delay and never above the cap", "[base]") {
  const RetryPolicy policy{.multiplier = 5s, .delay = 7s, .jitter = 2s, .cap = 30s};

  CHECK(retry_wait(policy, 1, 0.0) == 7s);
  CHECK(retry_wait(policy, 2, 0.0) == 10s);
  CHECK(retry_wait(policy, 2, 0.5) == 11s);
  CHECK(retry_wait(policy, 9, 0.9) == 30s);
}

TEST_CASE("an operation is tried until it succeeds", "[base]") {
  int calls = 0;
  const int result = retry(kQuick, {}, quiet(), "counting", [&] {
    if (++calls < 3) throw ExternalError{"not yet", ExternalError::Retry::yes};
    return 42;
  });

  CHECK(result == 42);
  CHECK(calls == 3);
}

TEST_CASE("what is not worth retrying is tried once", "[base]") {
  int calls = 0;
  const auto attempt = [&] {
    ++calls;
    throw ExternalError{"gone", ExternalError::Retry::no};
  };

  CHECK_THROWS_AS(retry(kQuick, {}, quiet(), "asking", attempt), ExternalError);
  CHECK(calls == 1);
}

TEST_CASE("the last failure is reported when the attempts are used up", "[base]") {
  int calls = 0;
  const auto attempt = [&] {
    throw ExternalError{fmt::format("failure {}", ++calls), ExternalError::Retry::yes};
  };

  CHECK_THROWS_WITH(retry(kQuick, {}, quiet(), "asking", attempt), "failure 3");
}

TEST_CASE("a stop ends the wait between two tries at once", "[base]") {
  std::stop_source stop;
  const RetryPolicy slow{.attempts = 5, .multiplier = 1h, .delay = 1h, .jitter = 0ms, .cap = 1h};
  const auto attempt = [&] {
    stop.request_stop();
    throw ExternalError{"busy", ExternalError::Retry::yes};
  };

  CHECK_THROWS_AS(retry(slow, Cancellation{stop.get_token()}, quiet(), "asking", attempt),
                  Cancelled);
}

TEST_CASE("a deadline that has passed is a failure that names the step", "[base]") {
  const Cancellation over{{}, std::chrono::steady_clock::now()};

  CHECK_THROWS_WITH(over.check("pushing"), Catch::Contains("pushing"));
}
