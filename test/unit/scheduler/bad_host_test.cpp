#include "../store/store_fixture.hpp"
#include "eventually.hpp"
#include "iib/scheduler/scheduler.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace iib;
using namespace std::chrono_literals;
using iib::store::test::claim_of;
using iib::store::test::quiet_log;
using iib::store::test::StateDir;
using iib::store::test::submit_one;

bool is_complete(const store::Store& store, RequestId id) {
  return store.find(id)->history.front().state == model::RequestState::complete;
}

}  // namespace

TEST_CASE("a clock that jumps back takes no claim away and turns no history around",
          "[scheduler][clock]") {
  StateDir state;
  const auto store = state.open();
  const auto first = submit_one(*store);
  const auto second = submit_one(*store);
  const auto job = store->claim("iib", "host-a", 60s);
  REQUIRE(job);

  state.clock.advance(-24h);

  const auto claim = claim_of(*job);
  CHECK(store->holds(claim));
  store->renew("host-a", 60s);
  CHECK(store->progress(claim, "Later, by an earlier clock", {}) == store::Written::done);
  const auto history = store->find(first.id)->history;
  CHECK(history.front().reason == "Later, by an earlier clock");
  CHECK(history.front().updated < history.back().updated);
  CHECK(store->finish(claim, model::RequestState::complete, "Done", {}) == store::Written::done);
  const auto next = store->claim("iib", "host-a", 60s);
  REQUIRE(next);
  CHECK(next->request.id == second.id);
}

TEST_CASE("jobs run to their end while the clock jumps", "[scheduler][clock]") {
  StateDir state;
  const auto store = state.open();
  const auto request = submit_one(*store);
  const auto run = [&](const auto&, task::Progress& progress, const auto&) {
    state.clock.advance(-24h);
    progress.state("After the jump", {});
    return task::Outcome{.reason = "Done", .learned = {}};
  };

  const scheduler::Scheduler scheduler{{.queues = {{"iib", 1}}, .owner = "host-a"},
                                       *store,
                                       run,
                                       [](RequestId) { return quiet_log(); },
                                       quiet_log()};

  CHECK(iib::test::eventually(30s, [&] { return is_complete(*store, request.id); }));
}

TEST_CASE("a job whose log cannot be opened runs all the same", "[scheduler]") {
  StateDir state;
  const auto store = state.open();
  const auto request = submit_one(*store);
  const auto run = [](const auto&, task::Progress&, const auto&) {
    return task::Outcome{.reason = "Done", .learned = {}};
  };
  const auto no_log = [](RequestId) -> Log {
    throw ExternalError{"log file x cannot be opened: No space left", ExternalError::Retry::no};
  };

  const scheduler::Scheduler scheduler{
      {.queues = {{"iib", 1}}, .owner = "host-a"}, *store, run, no_log, quiet_log()};

  CHECK(iib::test::eventually(30s, [&] { return is_complete(*store, request.id); }));
}
