#include "store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include <set>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using Catch::Contains;
using model::RequestState;

namespace {

constexpr std::chrono::seconds kLease{60};

struct Row {
  std::int64_t event;
  std::string kind;
  std::string destination;
  std::string message_id;
  std::string properties;
  std::string body;
};

std::vector<Row> outbox(const StateDir& state) {
  SQLite::Database database{state.database().string()};
  SQLite::Statement rows{database,
                         "SELECT event_id, kind, destination, message_id, properties, body FROM "
                         "outbox ORDER BY id"};
  std::vector<Row> found;
  while (rows.executeStep()) {
    found.push_back({rows.getColumn(0).getInt64(), rows.getColumn(1).getString(),
                     rows.getColumn(2).getString(), rows.getColumn(3).getString(),
                     rows.getColumn(4).getString(), rows.getColumn(5).getString()});
  }
  return found;
}

std::vector<std::string> kinds(const std::vector<Row>& rows) {
  std::vector<std::string> found;
  for (const auto& row : rows) found.push_back(row.kind);
  return found;
}

}  // namespace

TEST_CASE("without destinations no message is written", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);

  CHECK(outbox(state).empty());
}

TEST_CASE("a submission writes a message for each request, then one for its batch", "[store]") {
  StateDir state;
  state.destinations = {.build_state = "topic://build", .batch_state = "topic://batch"};
  const auto store = state.open();

  const auto stored = store->submit(batch_of(new_request(), new_request()));

  const auto rows = outbox(state);
  REQUIRE(kinds(rows) == std::vector<std::string>{"build-state", "build-state", "batch-state"});
  CHECK(rows[0].destination == "topic://build");
  CHECK(rows[0].event == stored[0].history.front().id.value());
  CHECK(rows[0].properties ==
        R"({"batch":1,"id":1,"state":"in_progress","user":"builder@REALM.EXAMPLE"})");
  CHECK_THAT(rows[1].body, Contains(R"("id":2)") && Contains(R"("state":"in_progress")") &&
                               !Contains("state_history"));
  CHECK(rows[2].destination == "topic://batch");
  CHECK(rows[2].properties ==
        R"({"batch":1,"state":"in_progress","user":"builder@REALM.EXAMPLE"})");
  CHECK_THAT(rows[2].body, Contains(R"("requests":[{"id":1,)") && Contains(R"({"id":2,)"));
  const std::set<std::string> ids{rows[0].message_id, rows[1].message_id, rows[2].message_id};
  CHECK(ids.size() == 3);
}

TEST_CASE("each state has its message with the document of that moment", "[store]") {
  StateDir state;
  state.destinations.build_state = "topic://build";
  const auto store = state.open();
  submit_one(*store);
  const Claim mine = claim_of(*store->claim("iib", "here", kLease));
  model::Learned learned;
  learned.arches = {"amd64"};

  store->progress(mine, "building", learned);
  store->learn(mine, {.arches = {"s390x"}, .facts = {}});
  store->finish(mine, RequestState::complete, "pushed", {});

  const auto rows = outbox(state);
  REQUIRE(kinds(rows) == std::vector<std::string>{"build-state", "build-state", "build-state"});
  CHECK_THAT(rows[0].body, Contains(R"("arches":[])"));
  CHECK_THAT(rows[1].body, Contains(R"("arches":["amd64"])") && Contains("building"));
  CHECK_THAT(rows[2].body, Contains(R"("arches":["amd64","s390x"])") && Contains("complete"));
  CHECK(rows[1].event < rows[2].event);
}

TEST_CASE("the batch is told once its last request has ended", "[store]") {
  StateDir state;
  state.destinations.batch_state = "topic://batch";
  const auto store = state.open();
  submit(*store, batch_of(new_request(), new_request()));

  store->finish(claim_of(*store->claim("iib", "here", kLease)), RequestState::failed, "no", {});
  CHECK(outbox(state).size() == 1);
  store->finish(claim_of(*store->claim("iib", "here", kLease)), RequestState::complete, "ok", {});

  const auto rows = outbox(state);
  REQUIRE(rows.size() == 2);
  CHECK_THAT(rows[1].body, Contains(R"("state":"failed")"));
}

TEST_CASE("a request that recovery gives up is told too", "[store]") {
  StateDir state;
  state.destinations = {.build_state = "topic://build", .batch_state = "topic://batch"};
  const auto store = state.open();
  submit_one(*store);
  REQUIRE(store->claim("iib", "here", kLease).has_value());

  store->recover("here", 1);

  CHECK(kinds(outbox(state)) ==
        std::vector<std::string>{"build-state", "batch-state", "build-state", "batch-state"});
}

TEST_CASE("a lost claim writes no message", "[store]") {
  StateDir state;
  state.destinations.build_state = "topic://build";
  const auto store = state.open();
  submit_one(*store);
  const Claim old = claim_of(*store->claim("iib", "here", kLease));
  store->requeue(old);

  store->progress(old, "late", {});
  store->finish(old, RequestState::failed, "late", {});

  CHECK(outbox(state).size() == 1);
}
