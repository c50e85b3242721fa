#include "iib/base/parallel.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

using iib::in_parallel;

TEST_CASE("each number is worked on once", "[parallel]") {
  const auto count = GENERATE(as<std::size_t>{}, 0, 1, 7, 100);
  const auto threads = GENERATE(as<std::size_t>{}, 0, 1, 3, 200);
  std::mutex mutex;
  std::multiset<std::size_t> done;

  in_parallel(count, threads, [&](std::size_t i) {
    const std::scoped_lock lock{mutex};
    done.insert(i);
  });

  CHECK(done.size() == count);
  CHECK(std::set<std::size_t>{done.begin(), done.end()}.size() == count);
}

TEST_CASE("no more threads work than are allowed", "[parallel]") {
  std::mutex mutex;
  std::set<std::thread::id> threads;

  in_parallel(1000, 3, [&](std::size_t) {
    const std::scoped_lock lock{mutex};
    threads.insert(std::this_thread::get_id());
  });

  CHECK(threads.size() <= 3);
}

TEST_CASE("of several failures that of the lowest number is thrown on", "[parallel]") {
  std::latch both{2};

  CHECK_THROWS_WITH(in_parallel(2, 2,
                                [&](std::size_t i) {
                                  both.arrive_and_wait();
                                  throw std::runtime_error{i == 0 ? "zero" : "one"};
                                }),
                    "zero");
}

TEST_CASE("a failure is thrown on, and ends the work early", "[parallel]") {
  std::atomic<int> done{0};

  CHECK_THROWS_WITH(in_parallel(1'000'000, 4,
                                [&](std::size_t i) {
                                  if (i == 5) throw std::runtime_error{"five"};
                                  ++done;
                                }),
                    "five");
  CHECK(done < 1'000'000);
}
