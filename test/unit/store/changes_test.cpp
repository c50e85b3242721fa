#include "store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include <thread>
#include <vector>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using model::RequestState;
using model::RequestType;

namespace {

constexpr std::chrono::seconds kLease{60};

model::Patch state_patch(RequestState state, const std::string& reason) {
  return {.state = model::NewState{.state = state, .reason = reason},
          .learned = {},
          .fbc_fragments_resolved = {}};
}

model::Patch learned_patch(model::Learned learned) {
  return {.state = {}, .learned = std::move(learned), .fbc_fragments_resolved = {}};
}

std::vector<std::string> reasons(const model::Request& request) {
  std::vector<std::string> found;
  for (const auto& entry : request.history) found.push_back(entry.reason);
  return found;
}

std::vector<std::string> outbox_kinds(const StateDir& state) {
  SQLite::Database database{state.database().string()};
  SQLite::Statement rows{database, "SELECT kind FROM outbox ORDER BY id"};
  std::vector<std::string> found;
  while (rows.executeStep()) found.push_back(rows.getColumn(0).getString());
  return found;
}

std::string last_body(const StateDir& state) {
  SQLite::Database database{state.database().string()};
  return database
      .execAndGet("SELECT body FROM outbox WHERE kind = 'build-state' ORDER BY id DESC LIMIT 1")
      .getString();
}

std::optional<ClaimedJob> claim(Store& store) {
  return store.claim("iib", "here", kLease);
}

}  // namespace

TEST_CASE("which state may follow which, from outside", "[store][changes]") {
  const auto [latest, wanted, allowed] = GENERATE(table<RequestState, RequestState, bool>({
      {RequestState::in_progress, RequestState::in_progress, true},
      {RequestState::in_progress, RequestState::complete, true},
      {RequestState::in_progress, RequestState::failed, true},
      {RequestState::complete, RequestState::complete, true},
      {RequestState::complete, RequestState::in_progress, false},
      {RequestState::complete, RequestState::failed, false},
      {RequestState::failed, RequestState::failed, true},
      {RequestState::failed, RequestState::in_progress, false},
      {RequestState::failed, RequestState::complete, false},
  }));
  CAPTURE(to_string(latest), to_string(wanted));
  StateDir state;
  const auto store = state.open();
  const auto id = submit_one(*store).id;
  store->patch(id, state_patch(latest, "before"));
  auto patch = state_patch(wanted, "after");
  patch.learned.arches = {"amd64"};

  const auto changed = store->patch(id, patch);

  REQUIRE(changed.request.has_value());
  const auto stored = store->find(id).value();
  CHECK(changed.request->history.size() == stored.history.size());
  if (allowed) {
    CHECK(changed.outcome == Changed::Outcome::stored);
    CHECK(stored.history.front().state == wanted);
    CHECK(reasons(stored) == std::vector<std::string>{"after", "before", stored.history[2].reason});
    CHECK(stored.arches == std::vector<std::string>{"amd64"});
    CHECK(changed.ended == (latest == RequestState::in_progress && is_final(wanted)));
  } else {
    CHECK(changed.outcome == Changed::Outcome::state_is_final);
    CHECK(stored.history.front().reason == "before");
    CHECK(stored.arches.empty());  // nothing of the patch is stored
    CHECK_FALSE(changed.ended);
  }
}

TEST_CASE("a state that is said again is not stored again, the rest is", "[store][changes]") {
  StateDir state;
  state.destinations = {.build_state = "topic://build", .batch_state = "topic://batch"};
  const auto store = state.open();
  const auto id = submit_one(*store).id;
  store->patch(id, state_patch(RequestState::failed, "no"));
  const auto before = store->find(id)->history;
  const auto messages = outbox_kinds(state);
  auto again = state_patch(RequestState::failed, "no");
  again.learned.arches = {"amd64"};

  const auto changed = store->patch(id, again);

  CHECK(changed.outcome == Changed::Outcome::stored);
  CHECK_FALSE(changed.ended);
  const auto stored = store->find(id).value();
  CHECK(stored.history.size() == before.size());
  CHECK(stored.history.front().updated == before.front().updated);
  CHECK(stored.arches == std::vector<std::string>{"amd64"});
  CHECK(outbox_kinds(state) == messages);
}

TEST_CASE("only a new state writes messages, and they tell what came with it", "[store][changes]") {
  StateDir state;
  state.destinations = {.build_state = "topic://build", .batch_state = "topic://batch"};
  const auto store = state.open();
  const auto stored = store->submit(batch_of(new_request(), new_request()));
  const std::vector<std::string> submitted{"build-state", "build-state", "batch-state"};
  REQUIRE(outbox_kinds(state) == submitted);
  const auto grown = [&](std::initializer_list<const char*> more) {
    auto kinds = submitted;
    kinds.insert(kinds.end(), more.begin(), more.end());
    return kinds;
  };

  store->patch(stored[0].id, learned_patch({.arches = {"amd64"}, .facts = {}}));
  CHECK(outbox_kinds(state) == submitted);

  auto end = state_patch(RequestState::complete, "done");
  end.learned.facts.index_image = "registry.example.com/built/index:1";
  store->patch(stored[0].id, end);
  CHECK(outbox_kinds(state) == grown({"build-state"}));  // the batch goes on
  CHECK_THAT(last_body(state), Catch::Contains("registry.example.com/built/index:1"));

  store->patch(stored[1].id, state_patch(RequestState::failed, "no"));
  CHECK(outbox_kinds(state) == grown({"build-state", "build-state", "batch-state"}));

  // A corrected reason tells the batch's end again (rest-api 10.1).
  store->patch(stored[0].id, state_patch(RequestState::complete, "done, really"));
  CHECK(outbox_kinds(state) ==
        grown({"build-state", "build-state", "batch-state", "build-state", "batch-state"}));
}

TEST_CASE("a patch of a request that does not exist says so", "[store][changes]") {
  StateDir state;
  const auto store = state.open();

  const auto patched = store->patch(RequestId{7}, state_patch(RequestState::failed, "no"));
  const auto cancelled = store->cancel(RequestId{7}, "no");

  CHECK(patched.outcome == Changed::Outcome::unknown_request);
  CHECK_FALSE(patched.request.has_value());
  CHECK(cancelled.outcome == Changed::Outcome::unknown_request);
}

TEST_CASE("a patch adds architectures and replaces images, without a state", "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  const auto id = submit_one(*store).id;
  const auto created = store->find(id)->history.front().updated;
  state.clock.advance(std::chrono::seconds{5});
  model::Learned learned;
  learned.arches = {"s390x", "amd64"};
  learned.facts.index_image = "r/first:1";
  learned.facts.index_image_resolved = "r/first@sha256:1";
  store->patch(id, learned_patch(learned));
  learned = {};
  learned.arches = {"arm64", "amd64"};
  learned.facts.index_image = "r/second:1";

  const auto changed = store->patch(id, learned_patch(learned));

  REQUIRE(changed.request.has_value());
  CHECK(changed.request->arches == std::vector<std::string>{"amd64", "arm64", "s390x"});
  CHECK(changed.request->facts.index_image == "r/second:1");
  CHECK(changed.request->facts.index_image_resolved == "r/first@sha256:1");
  CHECK(changed.request->history.size() == 1);
  CHECK(changed.request->history.front().updated == created);
}

TEST_CASE("a bundle mapping is known to every request at once", "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  const auto first = submit_one(*store).id;
  const auto second = submit_one(*store).id;
  model::Learned learned;
  learned.facts.bundle_mapping = {{"otter", {"registry.example.com/ops/otter-bundle:2"}},
                                  {"stoat", {"registry.example.com/ops/stoat-bundle:1"}},
                                  {"nobody", {}}};

  store->patch(second, learned_patch(learned));

  const std::map<std::string, std::vector<std::string>> visible{
      {"otter", {"registry.example.com/ops/otter-bundle:2"}}};
  CHECK(store->find(first)->facts.bundle_mapping == visible);
  CHECK(submit_one(*store).facts.bundle_mapping == visible);
}

TEST_CASE("the resolved fragments are replaced, also by none", "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  auto request = new_request({.type = RequestType::fbc_operations});
  request.facts.fbc_fragments = {"r/b:1", "r/a:1"};
  const auto id = submit(*store, batch_of(std::move(request))).id;
  model::Patch patch;

  patch.fbc_fragments_resolved = {"r/b@sha256:1", "r/b@sha256:1", "r/a@sha256:1"};
  CHECK(store->patch(id, patch).request->facts.fbc_fragments_resolved ==
        patch.fbc_fragments_resolved);
  patch.fbc_fragments_resolved = {"r/a@sha256:1"};
  CHECK(store->patch(id, patch).request->facts.fbc_fragments_resolved ==
        patch.fbc_fragments_resolved);
  CHECK(store->patch(id, {}).request->facts.fbc_fragments_resolved.size() == 1);
  patch.fbc_fragments_resolved = std::vector<std::string>{};
  CHECK(store->patch(id, patch).request->facts.fbc_fragments_resolved.empty());

  SECTION("and naming one fragment switches to the single form") {
    patch.learned.facts.fbc_fragment = "r/one:1";
    patch.learned.facts.single_fragment_form = true;
    CHECK(store->patch(id, patch).request->facts.single_fragment_form);
    CHECK(store->patch(id, {}).request->facts.single_fragment_form);
  }
}

TEST_CASE("a patch that ends a queued request drops its job and erases its secrets",
          "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  auto request = new_request({.ordering_key = "key"});
  request.secrets.cnr_token = Secret{"very secret"};
  const auto id = submit(*store, batch_of(std::move(request))).id;
  const auto next = submit_one(*store, {.ordering_key = "key"}).id;

  store->patch(id, state_patch(RequestState::failed, "given up"));

  CHECK(claim(*store)->request.id == next);
  CHECK_FALSE(claim(*store).has_value());
  SQLite::Database database{state.database().string()};
  CHECK(database.execAndGet("SELECT count(*) FROM job WHERE secrets IS NOT NULL").getInt() == 0);
}

TEST_CASE("a change that ends a running request takes the claim from its job", "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  const auto id = submit_one(*store).id;
  const auto job = claim(*store);
  REQUIRE(job.has_value());
  REQUIRE(store->running_claim(id) == 1);
  const bool cancels = GENERATE(true, false);

  const auto changed = cancels ? store->cancel(id, "cancelled by builder")
                               : store->patch(id, state_patch(RequestState::complete, "done"));

  CHECK(changed.ended);
  CHECK_FALSE(store->holds(claim_of(*job)));
  CHECK_FALSE(store->running_claim(id).has_value());
  CHECK(store->progress(claim_of(*job), "more", {}) == Written::claim_lost);
  CHECK(store->finish(claim_of(*job), RequestState::complete, "x", {}) == Written::claim_lost);
  CHECK(store->requeue(claim_of(*job)) == Written::claim_lost);
  CHECK(store->recover("here", 3).requeued.empty());
}

TEST_CASE("a cancelled request is failed and says why", "[store][changes]") {
  StateDir state;
  state.destinations = {.build_state = "topic://build", .batch_state = "topic://batch"};
  const auto store = state.open();
  const auto id = submit_one(*store).id;

  const auto changed = store->cancel(id, "cancelled by builder");

  CHECK(changed.outcome == Changed::Outcome::stored);
  REQUIRE(changed.request.has_value());
  CHECK(changed.request->history.front().state == RequestState::failed);
  CHECK(changed.request->history.front().reason == "cancelled by builder");
  CHECK(outbox_kinds(state) ==
        std::vector<std::string>{"build-state", "batch-state", "build-state", "batch-state"});
}

TEST_CASE("what has ended cannot be cancelled", "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  const auto id = submit_one(*store).id;
  store->patch(id, state_patch(GENERATE(RequestState::complete, RequestState::failed), "over"));

  const auto changed = store->cancel(id, "cancelled by builder");

  CHECK(changed.outcome == Changed::Outcome::state_is_final);
  CHECK_FALSE(changed.ended);
  CHECK(store->find(id)->history.front().reason == "over");
}

TEST_CASE("a state knows the claim of the job that told it", "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  const auto id = submit_one(*store).id;
  store->progress(claim_of(*claim(*store)), "first", {});
  store->recover("here", 3);
  store->progress(claim_of(*claim(*store)), "second", {});
  store->patch(id, state_patch(RequestState::in_progress, "from outside"));

  const auto history = store->find(id)->history;

  REQUIRE(history.size() == 4);
  CHECK_FALSE(history[0].claim.has_value());
  CHECK(history[1].claim == 2);
  CHECK(history[2].claim == 1);
  CHECK_FALSE(history[3].claim.has_value());
}

TEST_CASE("patches at the same time all succeed, and one final state wins", "[store][changes]") {
  StateDir state;
  const auto store = state.open();
  const auto id = submit_one(*store).id;
  constexpr int kThreads = 8;
  std::atomic<int> ends = 0;
  std::atomic<int> refused = 0;

  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < kThreads; ++worker) {
      workers.emplace_back([&, worker] {
        model::Learned learned;
        learned.arches = {"amd64", "arch-" + std::to_string(worker)};
        learned.facts.index_image = "r/new:1";
        const auto learnt = store->patch(id, learned_patch(learned));
        if (learnt.outcome != Changed::Outcome::stored) ++refused;
        const auto final_state = worker % 2 == 0 ? RequestState::complete : RequestState::failed;
        const auto changed = store->patch(id, state_patch(final_state, std::to_string(worker)));
        if (changed.ended) ++ends;
      });
    }
  }

  const auto request = store->find(id).value();
  CHECK(refused == 0);
  CHECK(ends == 1);
  CHECK(request.arches.size() == kThreads + 1);
  for (std::size_t at = 0; at + 1 < request.history.size(); ++at) {
    CHECK(request.history[at].state == request.history.front().state);
  }
}
