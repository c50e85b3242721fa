#include "eventually.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/scheduler/scheduler.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using namespace iib;
using namespace iib::scheduler;
using namespace std::chrono_literals;
using iib::test::eventually;
using model::RequestState;

namespace {

Log quiet() {
  return Log{make_null_sink(), "test", LogLevel::error};
}

struct Database {
  TempDir dir{std::filesystem::temp_directory_path()};
  SystemClock clock;
  store::Store store{store::Options{.database = dir.path() / "iibd.db",
                                    .key = Secret{std::string(32, 'k')},
                                    .destinations = {},
                                    .external_url = {}},
                     clock, quiet()};

  RequestId submit(const std::string& key = {}) {
    model::NewBatch batch;
    model::NewRequest request;
    request.type = model::RequestType::rm;
    request.facts.from_index = "registry.example.com/ns/index:v1";
    request.facts.removed_operators = {"otter"};
    request.queue = "iib";
    request.ordering_key = key;
    batch.requests.push_back(std::move(request));
    return store.submit(std::move(batch)).front().id;
  }
  [[nodiscard]] model::StateEntry latest(RequestId id) const {
    return store.find(id)->history.front();
  }
};

Options workers(int count) {
  return Options{.queues = {{"iib", count}}, .owner = "host-a"};
}

OpenLog no_logs() {
  return [](RequestId) { return quiet(); };
}

/// What the web does when somebody cancels.
void cancel(Database& database, Scheduler& scheduler, RequestId id) {
  REQUIRE(database.store.cancel(id, "cancelled").ended);
  scheduler.cancel(id);
}

}  // namespace

TEST_CASE("a cancelled job is stopped, and the others go on", "[scheduler][cancel]") {
  Database database;
  const auto victim = database.submit();
  const auto other = database.submit();
  std::atomic<int> started = 0;
  std::atomic<int> stopped = 0;
  std::atomic<bool> release = false;
  const auto run = [&](const auto& job, task::Progress&, const Cancellation& cancellation) {
    ++started;
    try {
      while (job.request.id == victim || !release) cancellation.sleep(10ms, "working");
    } catch (const Cancelled&) {
      ++stopped;
      throw;
    }
    return task::Outcome{.reason = "done", .learned = {}};
  };
  Scheduler scheduler{workers(2), database.store, run, no_logs(), quiet()};
  REQUIRE(eventually(30s, [&] { return started == 2; }));

  cancel(database, scheduler, victim);

  CHECK(eventually(30s, [&] { return stopped == 1; }));
  release = true;
  CHECK(eventually(30s, [&] { return database.latest(other).state == RequestState::complete; }));
  const auto history = database.store.find(victim)->history;
  CHECK(history.size() == 2);
  CHECK(history.front().state == RequestState::failed);
  CHECK(history.front().reason == "cancelled");
  CHECK(stopped == 1);
}

TEST_CASE("a worker that was freed by a cancellation takes the next job", "[scheduler][cancel]") {
  Database database;
  const auto victim = database.submit();
  std::atomic<bool> started = false;
  const auto run = [&](const auto& job, task::Progress&, const Cancellation& cancellation) {
    started = true;
    if (job.request.id == victim) cancellation.sleep(1h, "working");
    return task::Outcome{.reason = "done", .learned = {}};
  };
  Scheduler scheduler{workers(1), database.store, run, no_logs(), quiet()};
  REQUIRE(eventually(30s, [&] { return started.load(); }));
  const auto next = database.submit();

  cancel(database, scheduler, victim);

  CHECK(eventually(4s, [&] { return database.latest(next).state == RequestState::complete; }));
}

TEST_CASE("a queued job of an ended request is dropped without running", "[scheduler][cancel]") {
  Database database;
  const auto ended = database.submit();
  const auto next = database.submit();
  REQUIRE(database.store.cancel(ended, "cancelled").ended);
  std::atomic<bool> ran_ended = false;
  const auto run = [&](const auto& job, task::Progress&, const Cancellation&) {
    if (job.request.id == ended) ran_ended = true;
    return task::Outcome{.reason = "done", .learned = {}};
  };

  const Scheduler scheduler{workers(1), database.store, run, no_logs(), quiet()};

  CHECK(eventually(30s, [&] { return database.latest(next).state == RequestState::complete; }));
  CHECK_FALSE(ran_ended);
}

TEST_CASE("a job waits until a cancelled one with its ordering key is really gone",
          "[scheduler][cancel]") {
  Database database;
  const auto first = database.submit("key");
  const auto second = database.submit("key");
  std::atomic<bool> started = false;
  std::atomic<bool> heard = false;
  std::atomic<bool> let_go = false;
  std::atomic<bool> first_gone = false;
  std::atomic<int> too_early = 0;
  const auto run = [&](const auto& job, task::Progress&, const Cancellation& cancellation) {
    if (job.request.id == second && !first_gone) ++too_early;
    if (job.request.id == first) {
      started = true;
      while (!cancellation.stop().stop_requested()) std::this_thread::yield();
      heard = true;
      while (!let_go) std::this_thread::yield();  // as children that take their time to die
      first_gone = true;
      cancellation.check("working");
    }
    return task::Outcome{.reason = "done", .learned = {}};
  };
  Scheduler scheduler{workers(2), database.store, run, no_logs(), quiet()};
  REQUIRE(eventually(30s, [&] { return started.load(); }));

  cancel(database, scheduler, first);
  REQUIRE(eventually(30s, [&] { return heard.load(); }));
  // To the store the first job is over, so the other worker claims the second.
  REQUIRE(eventually(30s, [&] { return database.store.running_claim(second).has_value(); }));
  CHECK(database.latest(second).state == RequestState::in_progress);

  SECTION("and then runs") {
    let_go = true;
    CHECK(eventually(30s, [&] { return database.latest(second).state == RequestState::complete; }));
  }
  SECTION("unless it is cancelled too") {
    cancel(database, scheduler, second);
    let_go = true;
    CHECK(eventually(30s, [&] { return first_gone.load(); }));
    CHECK(database.latest(second).reason == "cancelled");
  }
  SECTION("or the daemon stops, which puts it back into the queue") {
    std::jthread stopper{[&] { scheduler.stop(); }};
    CHECK(eventually(30s, [&] { return !database.store.running_claim(second).has_value(); }));
    let_go = true;
    stopper.join();
    CHECK(database.latest(second).state == RequestState::in_progress);
  }
  CHECK(too_early == 0);
}

TEST_CASE("cancelling what does not run does nothing", "[scheduler][cancel]") {
  Database database;
  const auto run = [](const auto&, auto&, const auto&) {
    return task::Outcome{.reason = "done", .learned = {}};
  };
  Scheduler scheduler{workers(1), database.store, run, no_logs(), quiet()};

  scheduler.cancel(RequestId{1});
  const auto id = database.submit();
  scheduler.wake();

  CHECK(eventually(30s, [&] { return database.latest(id).state == RequestState::complete; }));
}

TEST_CASE("cancelling many jobs at any moment of their lives leaves no job behind",
          "[scheduler][cancel]") {
  Database database;
  constexpr int kJobs = 60;
  const auto run = [](const auto&, task::Progress& progress, const Cancellation& cancellation) {
    progress.state("working", {});
    cancellation.sleep(2ms, "working");
    progress.state("ending", {});
    return task::Outcome{.reason = "done", .learned = {}};
  };
  Scheduler scheduler{workers(4), database.store, run, no_logs(), quiet()};
  std::vector<RequestId> ids;
  for (int job = 0; job < kJobs; ++job) {
    ids.push_back(database.submit(job % 3 == 0 ? "key" : ""));
    scheduler.wake();
    if (job % 2 == 1) {
      const auto id = ids[static_cast<std::size_t>(job / 2)];
      if (database.store.cancel(id, "cancelled").ended) scheduler.cancel(id);
    }
  }

  const auto over = [&](RequestId id) { return is_final(database.latest(id).state); };
  for (const auto id : ids) CHECK(eventually(20s, [&] { return over(id); }));
  for (const auto id : ids) {
    const auto history = database.store.find(id)->history;
    CHECK(std::count_if(history.begin(), history.end(),
                        [](const auto& entry) { return is_final(entry.state); }) == 1);
  }
}
