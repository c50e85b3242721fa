#include "iib/notify/event_hub.hpp"

#include "eventually.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace iib::notify {
namespace {

using namespace std::chrono_literals;
using test::eventually;

TEST_CASE("who follows is woken for news, and not before there are any", "[notify]") {
  EventHub hub;
  std::atomic<int> calls = 0;
  const auto subscription = hub.subscribe([&] { ++calls; });
  CHECK(calls == 0);

  hub.publish();

  CHECK(eventually(30s, [&] { return calls == 1; }));
}

TEST_CASE("publishing does not wait for who follows, and what comes meanwhile is told together",
          "[notify]") {
  EventHub hub;
  std::latch entered{1};
  std::latch leave{1};
  std::atomic<int> calls = 0;
  const auto subscription = hub.subscribe([&] {
    if (++calls > 1) return;
    entered.count_down();
    leave.wait();
  });
  hub.publish();
  entered.wait();

  for (int count = 0; count < 1000; ++count) hub.publish();  // returns although the call still runs
  leave.count_down();

  CHECK(eventually(30s, [&] { return calls == 2; }));
}

TEST_CASE("a subscription that ends is not called any more, nor is a call still running",
          "[notify]") {
  EventHub hub;
  std::latch entered{1};
  std::atomic<bool> done = false;
  std::atomic<int> others = 0;
  auto subscription = hub.subscribe([&] {
    entered.count_down();
    std::this_thread::yield();
    done = true;
  });
  const auto other = hub.subscribe([&] { ++others; });
  hub.publish();
  entered.wait();

  subscription.reset();

  CHECK(done);
  done = false;
  hub.publish();
  CHECK(eventually(30s, [&] { return others == 2; }));
  CHECK_FALSE(done);
}

TEST_CASE("many may come and go while news are told", "[notify]") {
  EventHub hub;
  std::atomic<int> calls = 0;
  {
    std::vector<std::jthread> followers;
    for (int count = 0; count < 8; ++count) {
      followers.emplace_back([&] {
        for (int turn = 0; turn < 200; ++turn) {
          const auto subscription = hub.subscribe([&] { ++calls; });
          hub.publish();
        }
      });
    }
  }
  const int before = calls;
  hub.publish();
  const auto last = hub.subscribe([&] { ++calls; });
  hub.publish();
  CHECK(eventually(30s, [&] { return calls > before; }));
}

}  // namespace
}  // namespace iib::notify
