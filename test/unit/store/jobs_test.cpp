#include "store_fixture.hpp"

#include <catch2/catch.hpp>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using model::RequestState;
using model::RequestType;

namespace {

constexpr std::chrono::seconds kLease{60};

std::optional<ClaimedJob> claim(Store& store, std::string_view queue = "iib") {
  return store.claim(queue, "here", kLease);
}

}  // namespace

TEST_CASE("jobs of a queue are claimed in the order of their submission", "[store]") {
  StateDir state;
  const auto store = state.open();
  const auto first = submit_one(*store);
  const auto elsewhere = submit_one(*store, {.queue = "other"});
  const auto second = submit_one(*store);

  CHECK(claim(*store)->request.id == first.id);
  CHECK(claim(*store)->request.id == second.id);
  CHECK_FALSE(claim(*store).has_value());
  CHECK(claim(*store, "other")->request.id == elsewhere.id);
}

TEST_CASE("two jobs with one ordering key never run together, whatever their queues", "[store]") {
  StateDir state;
  const auto store = state.open();
  const Wanted keyed{.ordering_key = "registry.example.com/catalog/main:v1"};
  submit_one(*store, keyed);
  const auto second = submit_one(*store, {.queue = "other", .ordering_key = keyed.ordering_key});
  const auto unrelated = submit_one(*store);
  const auto running = claim(*store);
  REQUIRE(running.has_value());

  CHECK_FALSE(claim(*store, "other").has_value());
  CHECK(claim(*store)->request.id == unrelated.id);  // nobody waits for a key that is not his

  SECTION("the second starts once the first has finished") {
    store->finish(claim_of(*running), RequestState::complete, "done", {});
    CHECK(claim(*store, "other")->request.id == second.id);
  }
  SECTION("a first that was put back still comes first") {
    store->requeue(claim_of(*running));
    CHECK_FALSE(claim(*store, "other").has_value());
    CHECK(claim(*store)->request.id == running->request.id);
  }
}

TEST_CASE("a claimed job carries what it needs to run", "[store]") {
  StateDir state;
  const auto store = state.open();
  auto request = new_request();
  request.arguments.add_arches = {"s390x", "amd64"};
  request.arguments.overwrite_from_index = true;
  request.secrets.overwrite_token = Secret{"user:password"};
  submit(*store, batch_of(std::move(request)));

  const auto job = claim(*store);

  REQUIRE(job.has_value());
  CHECK(job->queue == "iib");
  CHECK(job->claim == 1);
  CHECK(job->tries == 0);
  CHECK(job->arguments.add_arches == std::vector<std::string>{"s390x", "amd64"});
  CHECK(job->arguments.overwrite_from_index);
  CHECK(job->request.facts.from_index == "registry.example.com/catalog/main:v1");
  CHECK_FALSE(job->secrets_problem.has_value());
  REQUIRE(job->secrets.overwrite_token.has_value());
  CHECK(job->secrets.overwrite_token->reveal() == "user:password");
  CHECK_FALSE(job->secrets.cnr_token.has_value());
}

TEST_CASE("what a job learns is stored with its state", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  const auto job = claim(*store);
  REQUIRE(job.has_value());
  const Claim mine = claim_of(*job);
  model::Learned learned;
  learned.arches = {"s390x", "amd64"};
  learned.facts.from_index_resolved = "registry.example.com/catalog/main@sha256:12";

  CHECK(store->progress(mine, "building", learned) == Written::done);
  learned.arches = {"arm64", "amd64"};
  learned.facts.index_image = "registry.example.com/built/index:1";
  CHECK(store->finish(mine, RequestState::complete, "pushed", learned) == Written::done);

  const auto request = store->find(job->request.id);
  REQUIRE(request.has_value());
  CHECK(request->arches == std::vector<std::string>{"amd64", "arm64", "s390x"});
  CHECK(request->facts.from_index_resolved == "registry.example.com/catalog/main@sha256:12");
  CHECK(request->facts.index_image == "registry.example.com/built/index:1");
  CHECK(request->facts.binary_image == "registry.example.com/tools/opm:v9");
  REQUIRE(request->history.size() == 3);
  CHECK(request->history[0].state == RequestState::complete);
  CHECK(request->history[1].reason == "building");
  CHECK(request->history[0].id > request->history[1].id);
}

TEST_CASE("a learned list replaces the one before, in its order", "[store]") {
  StateDir state;
  const auto store = state.open();
  auto request = new_request({.type = RequestType::fbc_operations});
  request.facts.fbc_fragments = {"r/b:1", "r/a:1"};
  submit(*store, batch_of(std::move(request)));
  const auto job = claim(*store);
  REQUIRE(job.has_value());
  model::Learned learned;

  learned.facts.fbc_fragments_resolved = {"r/c@sha256:1", "r/b@sha256:1", "r/a@sha256:1"};
  store->learn(claim_of(*job), learned);
  learned.facts.fbc_fragments_resolved = {"r/b@sha256:1", "r/a@sha256:1"};
  store->learn(claim_of(*job), learned);

  const auto stored = store->find(job->request.id);
  REQUIRE(stored.has_value());
  CHECK(stored->facts.fbc_fragments == std::vector<std::string>{"r/b:1", "r/a:1"});
  CHECK(stored->facts.fbc_fragments_resolved ==
        std::vector<std::string>{"r/b@sha256:1", "r/a@sha256:1"});
  CHECK(stored->history.size() == 1);
}

TEST_CASE("a bundle's operator is known to every request that has the bundle", "[store]") {
  StateDir state;
  const auto store = state.open();
  const auto earlier = submit_one(*store);
  submit_one(*store);
  claim(*store);
  const auto job = claim(*store);
  REQUIRE(job.has_value());
  model::Learned learned;
  learned.facts.bundle_mapping = {{"otter", {"registry.example.com/ops/otter-bundle:2"}},
                                  {"stoat", {"registry.example.com/ops/stoat-bundle:1"}},
                                  {"nobody", {}}};

  store->learn(claim_of(*job), learned);
  const auto later = submit_one(*store);

  const std::map<std::string, std::vector<std::string>> visible{
      {"otter", {"registry.example.com/ops/otter-bundle:2"}}};
  CHECK(store->find(earlier.id)->facts.bundle_mapping == visible);
  CHECK(later.facts.bundle_mapping == visible);

  SECTION("and the last word counts") {
    learned.facts.bundle_mapping = {{"badger", {"registry.example.com/ops/otter-bundle:2"}}};
    store->learn(claim_of(*job), learned);
    CHECK(store->find(earlier.id)->facts.bundle_mapping.count("badger") == 1);
    CHECK(store->find(earlier.id)->facts.bundle_mapping.count("otter") == 0);
  }
}

TEST_CASE("a claim that was lost changes nothing", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  const auto job = claim(*store);
  REQUIRE(job.has_value());
  const Claim old = claim_of(*job);
  REQUIRE(store->holds(old));
  store->recover("here", 3);
  const auto again = claim(*store);
  REQUIRE(again.has_value());

  CHECK(again->claim > old.number);
  CHECK_FALSE(store->holds(old));
  CHECK(store->progress(old, "late", {}) == Written::claim_lost);
  CHECK(store->learn(old, {.arches = {"amd64"}, .facts = {}}) == Written::claim_lost);
  CHECK(store->finish(old, RequestState::failed, "late", {}) == Written::claim_lost);
  CHECK(store->requeue(old) == Written::claim_lost);

  const auto request = store->find(old.request);
  CHECK(request->history.size() == 1);
  CHECK(request->arches.empty());
  CHECK(store->holds(claim_of(*again)));
}

TEST_CASE("a claim of another request's job is none", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  const auto other = submit_one(*store);
  const auto job = claim(*store);
  Claim mixed = claim_of(*job);
  mixed.request = other.id;

  CHECK_FALSE(store->holds(mixed));
  CHECK(store->finish(mixed, RequestState::failed, "mixed", {}) == Written::claim_lost);
}

TEST_CASE("a final state is final", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  const auto job = claim(*store);
  REQUIRE(job.has_value());
  const Claim mine = claim_of(*job);
  REQUIRE(store->finish(mine, RequestState::complete, "done", {}) == Written::done);

  CHECK_FALSE(store->holds(mine));
  CHECK(store->progress(mine, "more", {}) == Written::claim_lost);
  CHECK(store->finish(mine, RequestState::failed, "no", {}) == Written::claim_lost);
  CHECK(store->requeue(mine) == Written::claim_lost);
  CHECK(store->recover("here", 3).requeued.empty());
  CHECK_FALSE(claim(*store).has_value());
  CHECK(store->find(mine.request)->history.front().state == RequestState::complete);
}

TEST_CASE("an orderly stop costs no try, a death costs one", "[store]") {
  StateDir state;
  auto store = state.open();
  submit_one(*store);

  store->requeue(claim_of(*claim(*store)));
  CHECK(claim(*store)->tries == 0);
  store = state.open();  // the claim above is left running
  CHECK(store->recover("here", 3).requeued.size() == 1);
  CHECK(claim(*store)->tries == 1);
}

TEST_CASE("a job that is running at its third death fails and says so", "[store]") {
  StateDir state;
  const auto store = state.open();
  const auto request = submit_one(*store);

  for (int death = 1; death < 3; ++death) {
    REQUIRE(claim(*store).has_value());
    REQUIRE(store->recover("here", 3).requeued.size() == 1);
  }
  REQUIRE(claim(*store).has_value());
  const auto recovered = store->recover("here", 3);

  CHECK(recovered.requeued.empty());
  CHECK(recovered.failed == std::vector<RequestId>{request.id});
  const auto history = store->find(request.id)->history;
  CHECK(history.front().state == RequestState::failed);
  CHECK_THAT(history.front().reason, Catch::Contains("died 3 times"));
  CHECK_FALSE(claim(*store).has_value());
}

TEST_CASE("recovery leaves the jobs of other owners alone", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  const auto job = store->claim("iib", "elsewhere", kLease);

  CHECK(store->recover("here", 3).requeued.empty());
  CHECK(store->holds(claim_of(*job)));
}

TEST_CASE("queues with work are those with queued jobs", "[store]") {
  StateDir state;
  const auto store = state.open();
  CHECK(store->queues_with_work().empty());
  submit_one(*store, {.queue = "b"});
  submit_one(*store, {.queue = "a"});
  submit_one(*store, {.queue = "b"});
  submit_one(*store, {.queue = "c"});

  claim(*store, "c");

  CHECK(store->queues_with_work() == std::vector<std::string>{"a", "b"});
}
