#include "store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using model::RequestState;

namespace {

constexpr std::chrono::seconds kLease{60};
constexpr std::size_t kAll = 10'000;

/// What a change tells, without its text: request, state, and the state of the batch.
struct Told {
  std::int64_t request = 0;
  RequestState state = RequestState::in_progress;
  std::optional<RequestState> batch = {};
  friend bool operator==(const Told&, const Told&) = default;
};

std::vector<Told> told(const std::vector<StateChange>& changes) {
  std::vector<Told> found;
  for (const auto& change : changes) {
    found.push_back({change.request.value(), change.entry.state, change.batch_state});
  }
  return found;
}

void end(Store& store, RequestId id, RequestState state, const std::string& reason) {
  store.patch(id, {.state = model::NewState{.state = state, .reason = reason},
                   .learned = {},
                   .fbc_fragments_resolved = {}});
}

constexpr auto kRuns = RequestState::in_progress;
constexpr auto kDone = RequestState::complete;
constexpr auto kFailed = RequestState::failed;

}  // namespace

TEST_CASE("changes tell request, type, batch, user, state, reason and time", "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  CHECK(store->latest_event() == EventId{});
  CHECK(store->changes_after({}, kAll).empty());
  const auto request = submit_one(*store, {.type = model::RequestType::rm});
  auto anonymous = batch_of(new_request());
  anonymous.user.reset();
  submit(*store, std::move(anonymous));

  const auto changes = store->changes_after({}, kAll);

  REQUIRE(changes.size() == 2);
  CHECK(changes[0].entry.id == request.history.front().id);
  CHECK(changes[0].entry.reason == request.history.front().reason);
  CHECK(changes[0].entry.updated == state.clock.now());
  CHECK(changes[0].request == request.id);
  CHECK(changes[0].type == model::RequestType::rm);
  CHECK(changes[0].batch == request.batch);
  CHECK(changes[0].user == "builder@REALM.EXAMPLE");
  CHECK_FALSE(changes[1].user.has_value());
  CHECK(store->latest_event() == changes[1].entry.id);
}

TEST_CASE("portions of changes, put together, are the history of all in its order",
          "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  std::vector<RequestId> ids;
  for (int count = 0; count < 7; ++count) ids.push_back(submit_one(*store).id);
  for (const auto id : ids) end(*store, id, kRuns, "goes on");
  for (const auto id : ids) end(*store, id, kDone, "is done");
  const auto portion = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{5}, kAll);
  CAPTURE(portion);

  std::vector<EventId> events;
  EventId last;
  for (auto some = store->changes_after(last, portion); !some.empty();
       some = store->changes_after(last, portion)) {
    CHECK(some.size() <= portion);
    for (const auto& change : some) events.push_back(change.entry.id);
    last = some.back().entry.id;
  }

  CHECK(events.size() == 3 * ids.size());
  CHECK(std::adjacent_find(events.begin(), events.end(), std::greater_equal<>{}) == events.end());
  CHECK(last == store->latest_event());

  SECTION("and those of one request are its own history") {
    const auto history = store->find(ids[3])->history;
    const auto own = store->changes_after({}, kAll, ids[3]);
    REQUIRE(own.size() == 3);
    for (std::size_t at = 0; at < own.size(); ++at) {
      CHECK(own[at].entry.id == history[history.size() - 1 - at].id);
      CHECK(own[at].request == ids[3]);
    }
    CHECK(store->changes_after(own[1].entry.id, kAll, ids[3]).size() == 1);
    CHECK(store->changes_after(own[2].entry.id, kAll, ids[3]).empty());
    CHECK(store->changes_after({}, kAll, RequestId{99}).empty());
  }
}

TEST_CASE("changes with long reasons come in smaller portions", "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  const auto id = submit_one(*store).id;
  for (const char letter : {'a', 'b', 'c'}) end(*store, id, kRuns, std::string(200'000, letter));

  const auto first = store->changes_after({}, kAll);
  const auto rest = store->changes_after(first.back().entry.id, kAll);

  CHECK(first.size() == 3);
  CHECK(rest.size() == 1);
}

TEST_CASE("the changes tell where a batch begins and ends", "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  const auto stored = store->submit(batch_of(new_request(), new_request(), new_request()));
  end(*store, stored[2].id, kRuns, "goes on");
  end(*store, stored[2].id, kDone, "is done");
  end(*store, stored[0].id, kFailed, "no");

  CHECK(told(store->changes_after({}, kAll)) ==
        std::vector<Told>{
            {1, kRuns}, {2, kRuns}, {3, kRuns, kRuns}, {3, kRuns}, {3, kDone}, {1, kFailed}});

  end(*store, stored[1].id, kRuns, "goes on");
  end(*store, stored[1].id, kDone, "is done");
  // A corrected reason tells the batch's end again (rest-api 10.1).
  end(*store, stored[0].id, kFailed, "no, really");

  const auto whole = store->changes_after({}, kAll);
  CHECK(told(whole) == std::vector<Told>{{1, kRuns},
                                         {2, kRuns},
                                         {3, kRuns, kRuns},
                                         {3, kRuns},
                                         {3, kDone},
                                         {1, kFailed},
                                         {2, kRuns},
                                         {2, kDone, kFailed},
                                         {1, kFailed, kFailed}});
  for (const auto& change : whole) {  // however the portions lie
    CHECK(told(store->changes_after(EventId{change.entry.id.value() - 1}, 1)) == told({change}));
  }
}

TEST_CASE("the changes tell of a batch what its messages tell", "[store][changes]") {
  StateDir state;
  state.destinations = {.build_state = "topic://build", .batch_state = "topic://batch"};
  const auto store = state.open();
  const auto stored = store->submit(batch_of(new_request(), new_request()));
  const auto single = submit_one(*store);
  end(*store, stored[1].id, kDone, "is done");
  end(*store, single.id, kFailed, "no");
  end(*store, stored[1].id, kDone, "is done, really");
  end(*store, stored[0].id, kDone, "is done");

  std::vector<std::int64_t> expected;
  SQLite::Database database{state.database().string()};
  SQLite::Statement rows{database,
                         "SELECT event_id FROM outbox WHERE kind = 'batch-state' ORDER BY id"};
  while (rows.executeStep()) expected.push_back(rows.getColumn(0).getInt64());
  std::vector<std::int64_t> found;
  for (const auto& change : store->changes_after({}, kAll)) {
    if (change.batch_state) found.push_back(change.entry.id.value());
  }

  CHECK(found == expected);
  CHECK(found.size() == 4);
}

TEST_CASE("who follows is told of new states, after they are there, and of nothing else",
          "[store][changes]") {
  StateDir state;
  int calls = 0;  // the writer thread answers after it called
  std::int64_t seen = 0;
  Store* opened = nullptr;
  auto options = state.options();
  options.on_new_states = [&] {
    seen = opened->latest_event().value();
    ++calls;
  };
  Store store{std::move(options), state.clock, quiet_log()};
  opened = &store;

  const auto id = submit_one(store).id;
  CHECK(calls == 1);
  CHECK(seen == 1);
  const auto job = store.claim("iib", "here", kLease);
  store.renew("here", kLease);
  store.learn(claim_of(*job), {.arches = {"amd64"}, .facts = {}});
  CHECK(calls == 1);
  store.progress(claim_of(*job), "goes on", {});
  CHECK(calls == 2);
  store.finish(claim_of(*job), kDone, "is done", {});
  CHECK(calls == 3);
  end(store, id, kDone, "is done, really");
  CHECK(calls == 4);
  CHECK(seen == 4);
  store.cancel(id, "too late");
  CHECK(calls == 4);
}

TEST_CASE("what was there before the daemon began is not told as new", "[store][changes]") {
  StateDir state;
  submit_one(*state.open());
  int calls = 0;
  auto options = state.options();
  options.on_new_states = [&] { ++calls; };
  Store store{std::move(options), state.clock, quiet_log()};

  REQUIRE(store.claim("iib", "here", kLease).has_value());

  CHECK(calls == 0);
}
