#include "store/sql/idempotency.hpp"

#include "store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include <future>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using namespace std::chrono_literals;
using model::RequestState;

namespace {

constexpr auto kPath = "/api/v1/builds/add";

/// An add under an idempotency key, as it comes with `body`.
model::NewBatch keyed(const Store& store, const std::string& key,
                      const std::string& body = "the body") {
  auto batch = batch_of(new_request());
  batch.idempotency =
      model::IdempotencyKey{.path = kPath, .key = key, .body_hash = store.body_hash(body)};
  return batch;
}

std::int64_t stored(const Store& store) {
  return store.list({}, 1, 20, Detail::latest_state).total;
}

std::int64_t keys_in(const StateDir& state) {
  SQLite::Database database{state.database().string()};
  return database.execAndGet("SELECT count(*) FROM idempotency_key").getInt64();
}

}  // namespace

TEST_CASE("a repeated submission gives the first, as it was created", "[store][idempotency]") {
  StateDir state;
  const auto store = state.open();
  auto first_batch = keyed(*store, "one");
  first_batch.annotations = R"({"ticket": "T-7"})";
  auto again_batch = keyed(*store, "one");
  again_batch.annotations = first_batch.annotations;

  const auto first = submit(*store, std::move(first_batch));
  const auto job = store->claim("iib", "test", 60s);
  REQUIRE(job.has_value());
  model::Learned learned;
  learned.arches = {"amd64"};
  learned.facts.index_image = "registry.example.com/built:1";
  learned.facts.binary_image = "registry.example.com/tools/opm:other";
  learned.facts.bundle_mapping = {{"otter", {"registry.example.com/ops/otter-bundle:2"}}};
  store->finish(claim_of(*job), RequestState::complete, "done", std::move(learned));
  state.clock.advance(23h);
  const auto again = submit(*store, std::move(again_batch));

  CHECK(stored(*store) == 1);
  CHECK(again.id == first.id);
  CHECK(again.batch == first.batch);
  CHECK(again.user == first.user);
  CHECK(again.base_url == first.base_url);
  CHECK(again.batch_annotations == first.batch_annotations);
  CHECK(again.arches.empty());
  CHECK_FALSE(again.facts.index_image.has_value());
  CHECK(again.facts.binary_image == first.facts.binary_image);
  CHECK(again.facts.bundles == first.facts.bundles);
  CHECK(again.facts.bundle_mapping.empty());
  REQUIRE(again.history.size() == 1);
  CHECK(again.history.front().state == RequestState::in_progress);
  CHECK(again.history.front().reason == first.history.front().reason);
  CHECK(again.history.front().updated == first.history.front().updated);
}

TEST_CASE("what was known of the bundles at creation is told again", "[store][idempotency]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  const auto job = store->claim("iib", "test", 60s);
  REQUIRE(job.has_value());
  model::Learned learned;
  learned.facts.bundle_mapping = {{"otter", {"registry.example.com/ops/otter-bundle:2"}}};
  store->learn(claim_of(*job), std::move(learned));

  const auto first = submit(*store, keyed(*store, "one"));
  model::Learned later;
  later.facts.bundle_mapping = {{"heron", {"registry.example.com/ops/otter-bundle:2"}}};
  store->learn(claim_of(*job), std::move(later));
  const auto again = submit(*store, keyed(*store, "one"));

  REQUIRE(first.facts.bundle_mapping.contains("otter"));
  CHECK(again.facts.bundle_mapping == first.facts.bundle_mapping);
}

TEST_CASE("the same key with another body is refused and stores nothing", "[store][idempotency]") {
  StateDir state;
  const auto store = state.open();
  submit(*store, keyed(*store, "one", "the body"));
  const auto other = keyed(*store, "one", "another body");

  CHECK_THROWS_AS(store->submit(keyed(*store, "one", "another body")), KeyReused);
  CHECK_THROWS_WITH(store->check_key(other.user, *other.idempotency),
                    Catch::Contains("'one'") && Catch::Contains("new key"));
  CHECK(stored(*store) == 1);
}

TEST_CASE("keys belong to a user and a path", "[store][idempotency]") {
  StateDir state;
  const auto store = state.open();
  submit(*store, keyed(*store, "one"));
  auto of_other_user = keyed(*store, "one");
  of_other_user.user = "other@REALM.EXAMPLE";
  auto of_anonymous = keyed(*store, "one");
  of_anonymous.user.reset();
  auto of_other_path = keyed(*store, "one");
  of_other_path.idempotency->path = "/api/v1/builds/rm";

  std::vector<RequestId> ids;
  ids.push_back(submit(*store, std::move(of_other_user)).id);
  ids.push_back(submit(*store, std::move(of_anonymous)).id);
  ids.push_back(submit(*store, std::move(of_other_path)).id);
  ids.push_back(submit(*store, keyed(*store, "two")).id);

  CHECK(ids == std::vector{RequestId{2}, RequestId{3}, RequestId{4}, RequestId{5}});
  CHECK(submit(*store, keyed(*store, "one")).id == RequestId{1});
}

TEST_CASE("a key is forgotten after a day", "[store][idempotency]") {
  StateDir state;
  const auto store = state.open();
  submit(*store, keyed(*store, "one", "the body"));
  state.clock.advance(24h);

  CHECK(submit(*store, keyed(*store, "one", "another body")).id == RequestId{2});
  CHECK_THROWS_AS(store->submit(keyed(*store, "one", "the body")), KeyReused);
}

TEST_CASE("expired keys go in small steps, with whatever is submitted", "[store][idempotency]") {
  StateDir state;
  const auto store = state.open();
  for (int count = 0; count < 40; ++count) submit(*store, keyed(*store, std::to_string(count)));
  REQUIRE(keys_in(state) == 40);
  state.clock.advance(24h);

  submit_one(*store);
  CHECK(keys_in(state) == 24);
  submit_one(*store);
  submit_one(*store);
  CHECK(keys_in(state) == 0);
}

TEST_CASE("a repeated batch gives all its requests in order", "[store][idempotency]") {
  StateDir state;
  const auto store = state.open();
  const auto make = [&] {
    auto batch = keyed(*store, "one");
    batch.requests.push_back(new_request({.from_index = "registry.example.com/other:1"}));
    return batch;
  };

  const auto first = store->submit(make());
  const auto again = store->submit(make());

  REQUIRE(again.size() == 2);
  for (std::size_t at = 0; at < 2; ++at) {
    CHECK(again[at].id == first[at].id);
    CHECK(again[at].facts.from_index == first[at].facts.from_index);
  }
}

TEST_CASE("two submissions at once under one key are one", "[store][idempotency]") {
  StateDir state;
  const auto store = state.open();
  std::vector<std::future<RequestId>> answers;
  answers.reserve(8);
  for (int count = 0; count < 8; ++count) {
    answers.push_back(
        std::async(std::launch::async, [&] { return submit(*store, keyed(*store, "one")).id; }));
  }

  for (auto& answer : answers) CHECK(answer.get() == RequestId{1});
  CHECK(stored(*store) == 1);
}

TEST_CASE("a key outlives the daemon", "[store][idempotency]") {
  StateDir state;
  {
    const auto store = state.open();
    submit(*store, keyed(*store, "one"));
  }
  const auto store = state.open();

  CHECK(submit(*store, keyed(*store, "one")).id == RequestId{1});
}

TEST_CASE("a submission that fails leaves no key", "[store][idempotency]") {
  StateDir state;
  const auto store = state.open();
  auto bad = keyed(*store, "one");
  bad.requests.front().type = model::RequestType::rm;
  bad.requests.front().facts.from_index.reset();  // an rm without an index cannot be stored

  CHECK_THROWS_AS(store->submit(std::move(bad)), ExternalError);
  CHECK(keys_in(state) == 0);
  CHECK_NOTHROW(submit(*store, keyed(*store, "one", "another body")));
}

TEST_CASE("the hash of a body needs the store's key", "[store][idempotency]") {
  StateDir one;
  StateDir other;
  other.key = 'x';
  const auto store = one.open();

  CHECK(store->body_hash("secret") == store->body_hash("secret"));
  CHECK(store->body_hash("secret") != store->body_hash("secre7"));
  CHECK(store->body_hash("secret") != other.open()->body_hash("secret"));
}

TEST_CASE("finding a key and the expired ones scans no table", "[store][idempotency]") {
  StateDir state;
  state.open().reset();
  SQLite::Database database{state.database().string()};
  const auto plan_of = [&](const std::string& sql) {
    SQLite::Statement rows{database, "EXPLAIN QUERY PLAN " + sql};
    std::string plan;
    while (rows.executeStep()) plan += rows.getColumn("detail").getString() + "\n";
    return plan;
  };
  for (const auto* sql : {sql::kFindKey, sql::kDropExpiredKeys, sql::kBatchAsCreated}) {
    CAPTURE(sql);
    CHECK_THAT(plan_of(sql), !Catch::Contains("SCAN"));
  }
}
