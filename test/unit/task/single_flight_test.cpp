#include "task/single_flight.hpp"

#include "eventually.hpp"
#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <latch>
#include <string>
#include <thread>
#include <vector>

using namespace iib;
using namespace std::chrono_literals;

namespace {

struct Answer {
  std::string text;
  friend std::size_t bytes_of(const Answer& answer) { return answer.text.size(); }
};

using Flight = task::SingleFlight<Answer>;

constexpr std::size_t kPlenty = 1UL << 20U;

/// A lookup that a test ends when it likes.
struct Slow {
  std::latch begun{1};
  std::promise<void> end;

  Answer operator()(const std::string& text) {
    begun.count_down();
    end.get_future().wait();
    return {text};
  }
};

}  // namespace

TEST_CASE("what was found is not looked for again", "[single flight]") {
  Flight flight{kPlenty};
  int looked = 0;
  const auto look = [&] {
    ++looked;
    return Answer{"a"};
  };

  CHECK(flight.find("key", {}, look).text == "a");
  CHECK(flight.find("key", {}, look).text == "a");
  CHECK(looked == 1);
  CHECK(flight.find("other", {}, look).text == "a");
  CHECK(looked == 2);
}

TEST_CASE("many that ask at once have one look", "[single flight]") {
  Flight flight{kPlenty};
  Slow slow;
  std::atomic<int> looked{0};
  std::atomic<int> asking{0};
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 8; ++i) {
    answers.push_back(std::async(std::launch::async, [&] {
      ++asking;
      return flight.find("key", {}, [&] {
        ++looked;
        return slow("found");
      });
    }));
  }
  slow.begun.wait();
  REQUIRE(test::eventually(30s, [&] { return asking == 8; }));
  slow.end.set_value();

  for (auto& answer : answers) CHECK(answer.get().text == "found");
  CHECK(looked == 1);
}

TEST_CASE("a failure reaches those that wait, and the next one looks again", "[single flight]") {
  Flight flight{kPlenty};
  Slow slow;
  auto first = std::async(std::launch::async, [&] {
    return flight.find("key", {}, [&]() -> Answer {
      slow("");
      throw UserError{"it is not there"};
    });
  });
  slow.begun.wait();
  std::atomic<bool> asking{false};
  auto second = std::async(std::launch::async, [&] {
    asking = true;
    return flight.find("key", {}, [] { return Answer{"looked again"}; });
  });
  REQUIRE(test::eventually(30s, [&] { return asking.load(); }));
  slow.end.set_value();

  CHECK_THROWS_WITH(first.get(), "it is not there");
  std::string told;  // it either waited for the first or came after it
  try {
    told = second.get().text;
  } catch (const UserError& error) {
    told = error.what();
  }
  CHECK((told == "looked again" || told == "it is not there"));
  const auto text = flight.find("key", {}, [] { return Answer{"there now"}; }).text;
  CHECK(text == (told == "looked again" ? told : "there now"));
}

TEST_CASE("when the one that looks is cancelled, one of those that wait looks", "[single flight]") {
  Flight flight{kPlenty};
  Slow slow;
  std::stop_source stop;
  const Cancellation cancellation{stop.get_token()};
  auto first = std::async(std::launch::async, [&] {
    return flight.find("key", cancellation, [&] {
      auto answer = slow("half");
      cancellation.check("the first");
      return answer;
    });
  });
  slow.begun.wait();
  std::atomic<bool> asking{false};
  auto second = std::async(std::launch::async, [&] {
    asking = true;
    return flight.find("key", {}, [] { return Answer{"whole"}; });
  });
  REQUIRE(test::eventually(30s, [&] { return asking.load(); }));
  stop.request_stop();
  slow.end.set_value();

  CHECK_THROWS_AS(first.get(), Cancelled);
  CHECK(second.get().text == "whole");
}

TEST_CASE("one that waits hears its own cancellation", "[single flight]") {
  Flight flight{kPlenty};
  Slow slow;
  auto first = std::async(std::launch::async,
                          [&] { return flight.find("key", {}, [&] { return slow("a"); }); });
  slow.begun.wait();
  const auto look = [] { return Answer{"b"}; };

  std::stop_source stop;
  auto second = std::async(
      std::launch::async, [&] { return flight.find("key", Cancellation{stop.get_token()}, look); });
  stop.request_stop();
  CHECK_THROWS_AS(second.get(), Cancelled);
  CHECK_THROWS_AS(flight.find("key", Cancellation{}.within(1ms), look), ExternalError);

  slow.end.set_value();
  CHECK(first.get().text == "a");
}

TEST_CASE("what is kept is bounded, and the rest looked for again", "[single flight]") {
  Flight flight{10};
  int looked = 0;
  const auto look = [&] {
    ++looked;
    return Answer{"1234"};
  };
  for (int round = 0; round < 3; ++round) {
    CHECK(flight.find("ab", {}, look).text == "1234");    // 6 bytes: kept
    CHECK(flight.find("long", {}, look).text == "1234");  // 8 more would be too many
  }

  CHECK(looked == 4);
}
