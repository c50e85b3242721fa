#include "store_fixture.hpp"

#include <catch2/catch.hpp>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using model::RequestState;
using model::RequestType;

TEST_CASE("a submission gives the request as of its creation and is found again", "[store]") {
  StateDir state;
  const auto store = state.open();

  const auto stored = submit_one(*store);
  const auto found = store->find(stored.id);

  CHECK(stored.id == RequestId{1});
  CHECK(stored.user == "builder@REALM.EXAMPLE");
  CHECK(stored.arches.empty());
  CHECK(stored.facts.bundles ==
        std::vector<std::string>{"registry.example.com/ops/otter-bundle:2",
                                 "registry.example.com/ops/heron-bundle:1"});
  REQUIRE(stored.history.size() == 1);
  CHECK(stored.history.front().state == RequestState::in_progress);
  CHECK(stored.history.front().updated == state.clock.now());
  REQUIRE(found.has_value());
  CHECK(found->facts.from_index == "registry.example.com/catalog/main:v1");
  CHECK_FALSE(store->find(RequestId{2}).has_value());
}

TEST_CASE("a batch is stored whole, with ids in the order of its elements", "[store]") {
  StateDir state;
  const auto store = state.open();
  auto batch = batch_of(new_request(), new_request({.type = RequestType::rm}), new_request());
  batch.requests[1].facts.removed_operators = {"heron", "egret"};
  batch.annotations = R"({"ticket": "T-7"})";

  const auto stored = store->submit(std::move(batch));

  REQUIRE(stored.size() == 3);
  CHECK(stored[0].id < stored[1].id);
  CHECK(stored[1].id < stored[2].id);
  CHECK(stored[2].batch == stored[0].batch);
  CHECK(stored[2].batch_annotations == R"({"ticket": "T-7"})");
  CHECK(stored[1].facts.removed_operators == std::vector<std::string>{"heron", "egret"});
}

TEST_CASE("one bad element leaves nothing of its batch", "[store]") {
  StateDir state;
  const auto store = state.open();
  auto bad = new_request({.type = RequestType::rm});
  bad.facts.from_index.reset();  // an rm without an index cannot be stored

  CHECK_THROWS_AS(store->submit(batch_of(new_request(), std::move(bad))), ExternalError);

  CHECK(store->list({}, 1, 20, Detail::latest_state).total == 0);
  CHECK(store->queues_with_work().empty());
  CHECK(submit_one(*store).id == RequestId{1});
}
