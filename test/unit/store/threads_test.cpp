#include "iib/base/guarded.hpp"
#include "store/schema.hpp"
#include "store/writer.hpp"
#include "store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include <future>
#include <latch>
#include <set>
#include <thread>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using model::RequestState;

namespace {

constexpr std::chrono::seconds kLease{60};
constexpr int kThreads = 4;
constexpr int kEach = 25;
constexpr int kAll = kThreads * kEach;

/// Runs `work(thread)` on several threads that begin together.
template <class Work>
void race(Work work) {
  std::latch begin{kThreads};
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&begin, &work, thread] {
      begin.arrive_and_wait();
      work(thread);
    });
  }
}

/// Keeps the writer in an operation of its own until `until` is set, so that what is posted
/// meanwhile gathers in the queue. Returns once the writer is in it.
std::future<int> hold_writer(Writer& writer, std::promise<void>& until) {
  std::promise<void> begun;
  auto held = std::async(std::launch::async, [&writer, &begun, wait = until.get_future().share()] {
    return writer.run([&](Connection&) {
      begun.set_value();
      wait.wait();
      return 0;
    });
  });
  begun.get_future().wait();
  return held;
}

}  // namespace

TEST_CASE("submissions that name the same new user and images all succeed", "[store]") {
  StateDir state;
  const auto store = state.open();
  std::atomic<int> stored = 0;

  race([&](int) {
    for (int made = 0; made < kEach; ++made) {
      auto batch = batch_of(new_request({.from_index = "r/new:" + std::to_string(made)}));
      batch.user = "user-" + std::to_string(made);
      stored += static_cast<int>(store->submit(std::move(batch)).size());
    }
  });

  CHECK(stored == kAll);
  CHECK(store->list({}, 1, 1, Detail::latest_state).total == kAll);
  CHECK(store->list({.user = "user-3"}, 1, 1, Detail::latest_state).total == kThreads);
}

TEST_CASE("no job is ever claimed twice", "[store]") {
  StateDir state;
  const auto store = state.open();
  for (int made = 0; made < kAll; ++made) submit_one(*store);
  Guarded<std::multiset<std::int64_t>> claimed;

  race([&](int) {
    while (const auto job = store->claim("iib", "here", kLease)) {
      claimed.with([&](auto& ids) { ids.insert(job->id.value()); });
    }
  });

  const auto ids = claimed.with([](auto& all) { return all; });
  CHECK(ids.size() == kAll);
  CHECK(std::set<std::int64_t>(ids.begin(), ids.end()).size() == ids.size());
}

TEST_CASE("readers see whole submissions only", "[store]") {
  StateDir state;
  const auto store = state.open();
  std::atomic<bool> torn = false;

  race([&](int thread) {
    for (int made = 0; made < kEach; ++made) {
      if (thread == 0) {
        submit(*store, batch_of(new_request(), new_request(), new_request()));
      } else if (store->list({}, 1, 100, Detail::latest_state).total % 3 != 0) {
        torn = true;
      }
    }
  });

  CHECK_FALSE(torn);
}

TEST_CASE("two ends of one request: one counts, the other is told", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  const Claim mine = claim_of(*store->claim("iib", "here", kLease));
  std::atomic<int> done = 0;

  race([&](int thread) {
    const auto end = thread % 2 == 0 ? RequestState::complete : RequestState::failed;
    if (store->finish(mine, end, "ended", {}) == Written::done) ++done;
  });

  CHECK(done == 1);
  CHECK(store->find(mine.request)->history.size() == 2);
}

TEST_CASE("operations that come while the writer is busy share one commit", "[store]") {
  StateDir state;
  state.open().reset();
  Writer writer{state.database(), quiet_log()};
  std::promise<void> gathered;
  std::promise<void> all_answered;
  std::atomic<int> answered = 0;
  constexpr int kOperations = 10;
  constexpr auto kAdd = "INSERT INTO user (username) VALUES (:name)";

  const auto hold = hold_writer(writer, gathered);
  for (int made = 0; made < kOperations; ++made) {
    writer.post(
        [made](Connection& connection) {
          return connection.use(kAdd).bind(":name", "user-" + std::to_string(made)).run();
        },
        [&](const Outcome<int>& outcome) {
          CHECK(std::get<int>(outcome) == 1);
          if (++answered == kOperations) all_answered.set_value();
        });
  }
  gathered.set_value();
  all_answered.get_future().wait();

  CHECK(writer.commits() == 2);
}

TEST_CASE("an operation that fails takes nothing of its neighbours with it", "[store]") {
  StateDir state;
  state.open().reset();
  Writer writer{state.database(), quiet_log()};
  std::promise<void> gathered;
  constexpr auto kAdd = "INSERT INTO user (username) VALUES ('good')";
  constexpr auto kAddBad = "INSERT INTO user (username) VALUES ('bad')";

  const auto hold = hold_writer(writer, gathered);
  std::promise<Outcome<int>> bad;
  writer.post(
      [](Connection& connection) -> int {
        connection.use(kAddBad).run();
        throw UserError{"no"};
      },
      [&](Outcome<int> outcome) { bad.set_value(std::move(outcome)); });
  auto good = std::async(std::launch::async, [&] {
    return writer.run([](Connection& connection) { return connection.use(kAdd).run(); });
  });
  gathered.set_value();

  CHECK(good.get() == 1);
  CHECK(std::holds_alternative<std::exception_ptr>(bad.get_future().get()));
  SQLite::Database database{state.database().string()};
  CHECK(database.execAndGet("SELECT count(*) FROM user").getInt() == 1);
}

TEST_CASE("a closing store finishes what was submitted", "[store]") {
  StateDir state;
  std::atomic<int> answered = 0;
  {
    const auto store = state.open();
    for (int made = 0; made < 20; ++made) {
      store->submit(batch_of(new_request()), [&](const SubmitResult& result) {
        if (std::holds_alternative<std::vector<model::Request>>(result)) ++answered;
      });
    }
  }

  CHECK(answered == 20);
  CHECK(state.open()->list({}, 1, 1, Detail::latest_state).total == 20);
}

TEST_CASE("while another program holds the lock nothing is stored, and the reason names the file",
          "[store]") {
  StateDir state;
  state.open().reset();
  Writer writer{state.database(), quiet_log()};
  constexpr auto kAdd = "INSERT INTO user (username) VALUES ('late')";
  const auto add = [&](Connection& connection) { return connection.use(kAdd).run(); };
  writer.run([](Connection& connection) {
    connection.database().setBusyTimeout(1);  // the patience of seconds is not what is tested
    return 0;
  });
  SQLite::Database other{state.database().string(), SQLite::OPEN_READWRITE};
  other.exec("BEGIN IMMEDIATE");

  CHECK_THROWS_WITH(writer.run(add), Catch::Contains(state.database().string() + " is locked"));

  other.exec("ROLLBACK");
  CHECK(writer.run(add) == 1);
}
