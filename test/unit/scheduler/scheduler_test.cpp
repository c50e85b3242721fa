#include "iib/scheduler/scheduler.hpp"

#include "eventually.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/guarded.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

using namespace iib;
using namespace iib::scheduler;
using namespace std::chrono_literals;
using iib::test::eventually;

namespace {

Log quiet() {
  return Log{make_null_sink(), "test", LogLevel::error};
}

/// A store on a file of its own.
struct Database {
  TempDir dir{std::filesystem::temp_directory_path()};
  SystemClock clock;
  store::Store store{store::Options{.database = dir.path() / "iibd.db",
                                    .key = Secret{std::string(32, 'k')},
                                    .destinations = {},
                                    .external_url = {}},
                     clock, quiet()};
};

RequestId submit(store::Store& store, const std::string& queue, const std::string& key = {}) {
  model::NewBatch batch;
  model::NewRequest request;
  request.type = model::RequestType::rm;
  request.facts.from_index = "registry.example.com/ns/index:v1";
  request.facts.removed_operators = {"otter"};
  request.queue = queue;
  request.ordering_key = key;
  batch.requests.push_back(std::move(request));
  return store.submit(std::move(batch)).front().id;
}

const model::StateEntry& latest(const store::Store& store, RequestId id, model::Request& request) {
  request = store.find(id).value();
  return request.history.front();
}

bool has_state(const store::Store& store, RequestId id, model::RequestState state) {
  model::Request request;
  return latest(store, id, request).state == state;
}

std::string reason(const store::Store& store, RequestId id) {
  model::Request request;
  return latest(store, id, request).reason;
}

Options with_queues(std::map<std::string, int> queues) {
  return Options{.queues = std::move(queues), .owner = "host-a"};
}

OpenLog no_logs() {
  return [](RequestId) { return quiet(); };
}

task::Outcome succeed(const std::string& reason) {
  return {.reason = reason, .learned = {}};
}

}  // namespace

TEST_CASE("a job runs, tells its states and completes", "[scheduler]") {
  Database database;
  const auto id = submit(database.store, "iib");
  const auto run = [](const auto&, task::Progress& progress, const auto&) {
    progress.state("Working", {.arches = {"amd64"}, .facts = {}});
    return succeed("All done");
  };

  const Scheduler scheduler{with_queues({{"iib", 1}}), database.store, run, no_logs(), quiet()};

  REQUIRE(eventually(30s,
                     [&] { return has_state(database.store, id, model::RequestState::complete); }));
  const auto request = database.store.find(id).value();
  CHECK(request.history.at(0).reason == "All done");
  CHECK(request.history.at(1).reason == "Working");
  CHECK(request.arches == std::vector<std::string>{"amd64"});
}

TEST_CASE("what a task throws becomes the reason of the failure", "[scheduler]") {
  Database database;
  const auto run = [](const auto& job, auto&, const auto&) -> task::Outcome {
    if (job.request.id == RequestId{1}) throw UserError{"bundle x: no"};
    if (job.request.id == RequestId{2})
      throw ExternalError{"registry: away", ExternalError::Retry::no};
    throw std::logic_error{"internals"};
  };
  for (int i = 0; i < 3; ++i) submit(database.store, "iib");

  const Scheduler scheduler{with_queues({{"iib", 1}}), database.store, run, no_logs(), quiet()};

  REQUIRE(eventually(
      30s, [&] { return has_state(database.store, RequestId{3}, model::RequestState::failed); }));
  CHECK(reason(database.store, RequestId{1}) == "bundle x: no");
  CHECK(reason(database.store, RequestId{2}) == "registry: away");
  CHECK(reason(database.store, RequestId{3}) == "internal error, see the log of request 3");
}

TEST_CASE("a reason is cut at a whole character", "[scheduler]") {
  Database database;
  const auto id = submit(database.store, "iib");
  const auto run = [](const auto&, auto&, const auto&) -> task::Outcome {
    std::string text = "x";
    while (text.size() < 6000) text += "é";
    throw UserError{text};
  };

  const Scheduler scheduler{with_queues({{"iib", 1}}), database.store, run, no_logs(), quiet()};

  REQUIRE(
      eventually(30s, [&] { return has_state(database.store, id, model::RequestState::failed); }));
  CHECK(reason(database.store, id).size() == 4095);
}

TEST_CASE("the jobs of a queue with one worker run in order of submission", "[scheduler]") {
  Database database;
  std::vector<RequestId> submitted;
  for (int i = 0; i < 8; ++i) submitted.push_back(submit(database.store, "iib"));
  Guarded<std::vector<RequestId>> ran;
  const auto run = [&](const auto& job, auto&, const auto&) {
    ran.with([&](auto& ids) { ids.push_back(job.request.id); });
    return succeed("done");
  };

  const Scheduler scheduler{with_queues({{"iib", 1}}), database.store, run, no_logs(), quiet()};

  REQUIRE(eventually(30s, [&] { return ran.with([](auto& ids) { return ids.size(); }) == 8; }));
  CHECK(ran.with([](auto& ids) { return ids; }) == submitted);
}

TEST_CASE("jobs with one ordering key never run together, whatever their queues", "[scheduler]") {
  Database database;
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  Guarded<std::vector<RequestId>> ran;
  const auto run = [&](const auto& job, auto&, const auto&) {
    const int now = ++running;
    most = std::max(most.load(), now);
    ran.with([&](auto& ids) { ids.push_back(job.request.id); });
    std::this_thread::yield();
    --running;
    return succeed("done");
  };
  std::vector<RequestId> submitted;
  for (int i = 0; i < 12; ++i) {
    submitted.push_back(submit(database.store, i % 2 == 0 ? "a" : "b", "registry/ns/index:v1"));
  }

  const Scheduler scheduler{with_queues({{"a", 3}, {"b", 3}}), database.store, run, no_logs(),
                            quiet()};

  REQUIRE(eventually(20s, [&] { return ran.with([](auto& ids) { return ids.size(); }) == 12; }));
  CHECK(most == 1);
  CHECK(ran.with([](auto& ids) { return ids; }) == submitted);
}

TEST_CASE("a queue without workers keeps its jobs", "[scheduler]") {
  Database database;
  const auto waiting = submit(database.store, "foreign");
  const auto done = submit(database.store, "iib");
  const auto run = [](const auto&, auto&, const auto&) { return succeed("done"); };

  const Scheduler scheduler{with_queues({{"iib", 1}, {"foreign", 0}}), database.store, run,
                            no_logs(), quiet()};

  REQUIRE(eventually(
      30s, [&] { return has_state(database.store, done, model::RequestState::complete); }));
  CHECK(has_state(database.store, waiting, model::RequestState::in_progress));
}

TEST_CASE("a stop puts the running job back without counting a try", "[scheduler]") {
  Database database;
  const auto id = submit(database.store, "iib");
  std::atomic<bool> started = false;
  const auto waits = [&](const auto&, auto&, const Cancellation& cancellation) -> task::Outcome {
    started = true;
    cancellation.sleep(1h, "waiting");
    return succeed("never");
  };
  {
    Scheduler scheduler{with_queues({{"iib", 1}}), database.store, waits, no_logs(), quiet()};
    REQUIRE(eventually(30s, [&] { return started.load(); }));
    scheduler.stop();
  }
  CHECK(has_state(database.store, id, model::RequestState::in_progress));

  int tries = -1;
  const auto finishes = [&](const auto& job, task::Progress& progress, const auto&) {
    tries = job.tries;
    progress.state("Resolving", {});
    return succeed("done");
  };
  const Scheduler next{with_queues({{"iib", 1}}), database.store, finishes, no_logs(), quiet()};

  REQUIRE(eventually(30s,
                     [&] { return has_state(database.store, id, model::RequestState::complete); }));
  CHECK(tries == 0);
  CHECK(database.store.find(id)->history.at(1).reason ==
        "Resolving (began again after the daemon was stopped)");
}

TEST_CASE("a job that was running at the daemon's death runs again, at most max_tries times",
          "[scheduler]") {
  Database database;
  const auto id = submit(database.store, "iib");
  const auto die = [&] { return database.store.claim("iib", "host-a", 60s).has_value(); };
  const auto run = [](const auto&, task::Progress& progress, const auto&) {
    progress.state("Resolving", {});
    return succeed("done");
  };

  SECTION("once: it completes and says that it began again") {
    REQUIRE(die());
    const Scheduler next{with_queues({{"iib", 1}}), database.store, run, no_logs(), quiet()};
    REQUIRE(eventually(
        30s, [&] { return has_state(database.store, id, model::RequestState::complete); }));
    CHECK(database.store.find(id)->history.at(1).reason ==
          "Resolving (began again after the daemon died, try 2 of 3)");
  }
  SECTION("three times: it fails and says so") {
    for (int death = 0; death < 3; ++death) {
      REQUIRE(die());
      if (death < 2) REQUIRE(database.store.recover("host-a", 3).requeued.size() == 1);
    }
    const Scheduler next{with_queues({{"iib", 1}}), database.store, run, no_logs(), quiet()};
    REQUIRE(has_state(database.store, id, model::RequestState::failed));
    CHECK_THAT(reason(database.store, id), Catch::Contains("died"));
  }
}

TEST_CASE("a job that takes longer than its time limit fails", "[scheduler]") {
  Database database;
  const auto id = submit(database.store, "iib");
  const auto waits = [](const auto&, auto&, const Cancellation& cancellation) -> task::Outcome {
    cancellation.sleep(1h, "waiting for the registry");
    return succeed("never");
  };
  auto options = with_queues({{"iib", 1}});
  options.request_timeout = 0s;

  const Scheduler scheduler{options, database.store, waits, no_logs(), quiet()};

  REQUIRE(
      eventually(30s, [&] { return has_state(database.store, id, model::RequestState::failed); }));
  CHECK_THAT(reason(database.store, id),
             Catch::Contains("waiting for the registry") &&
                 Catch::Contains("longer than iib_request_timeout (0 s)") &&
                 Catch::Contains("raise iib_request_timeout"));
}

TEST_CASE("work submitted while the workers wait is found at a wake", "[scheduler]") {
  Database database;
  const auto run = [](const auto&, auto&, const auto&) { return succeed("done"); };
  Scheduler scheduler{with_queues({{"iib", 2}}), database.store, run, no_logs(), quiet()};

  const auto id = submit(database.store, "iib");
  scheduler.wake();

  // Without a wake it is found after 5 s.
  CHECK(
      eventually(4s, [&] { return has_state(database.store, id, model::RequestState::complete); }));
}
