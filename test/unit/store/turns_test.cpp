#include "bulk.hpp"
#include "store_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;

namespace {

RequestId submit_as(Store& store, const std::optional<std::string>& user,
                    const Wanted& wanted = {}) {
  auto batch = batch_of(new_request(wanted));
  batch.user = user;
  return submit(store, std::move(batch)).id;
}

/// Claims until nothing may run.
std::vector<std::int64_t> claimed(Store& store, std::string_view queue = "iib") {
  std::vector<std::int64_t> order;
  while (const auto job = store.claim(queue, "here", std::chrono::seconds{60})) {
    order.push_back(job->request.id.value());
  }
  return order;
}

}  // namespace

TEST_CASE("users of a queue take turns, each in the order of submission", "[store][turns]") {
  StateDir state;
  const auto store = state.open();
  for (int i = 0; i < 4; ++i) submit_as(*store, "burst");  // 1 to 4
  submit_as(*store, "single");                             // 5
  submit_as(*store, std::nullopt);                         // 6
  submit_as(*store, "burst");                              // 7
  submit_as(*store, "single");                             // 8
  CHECK(claimed(*store) == std::vector<std::int64_t>{1, 5, 6, 2, 8, 3, 4, 7});
}

TEST_CASE("a newcomer is next, however many jobs of others wait", "[store][turns]") {
  StateDir state;
  const auto store = state.open();
  for (int i = 0; i < 3; ++i) submit_as(*store, "first");
  for (int i = 0; i < 3; ++i) submit_as(*store, "second");
  const auto take = [&] { return store->claim("iib", "here", std::chrono::seconds{60}); };
  (void)take();
  (void)take();
  (void)take();
  const auto newcomer = submit_as(*store, "third");
  CHECK(take()->request.id == newcomer);
}

TEST_CASE("turns of one queue say nothing about another", "[store][turns]") {
  StateDir state;
  const auto store = state.open();
  submit_as(*store, "a");
  CHECK(claimed(*store) == std::vector<std::int64_t>{1});
  submit_as(*store, "a", {.queue = "other"});
  submit_as(*store, "b", {.queue = "other"});
  CHECK(claimed(*store, "other") == std::vector<std::int64_t>{2, 3});
}

TEST_CASE("a user whose jobs wait for an ordering key leaves the turn to others",
          "[store][turns]") {
  StateDir state;
  const auto store = state.open();
  const Wanted keyed{.ordering_key = "registry.example.com/catalog/main:v1"};
  submit_as(*store, "a", keyed);  // 1
  submit_as(*store, "b", keyed);  // 2, waits for 1
  submit_as(*store, "b");         // 3
  submit_as(*store, "a");         // 4
  CHECK(claimed(*store) == std::vector<std::int64_t>{1, 3, 4});
}

TEST_CASE("without turns the order is that of submission", "[store][turns]") {
  StateDir state;
  state.order = QueueOrder::submission;
  const auto store = state.open();
  submit_as(*store, "a");
  submit_as(*store, "a");
  submit_as(*store, "b");
  CHECK(claimed(*store) == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("turns outlive the daemon", "[store][turns]") {
  StateDir state;
  {
    const auto store = state.open();
    submit_as(*store, "a");
    submit_as(*store, "a");
    submit_as(*store, "b");
    (void)store->claim("iib", "here", std::chrono::seconds{60});
  }
  const auto store = state.open();
  CHECK(claimed(*store) == std::vector<std::int64_t>{3, 2});
}
