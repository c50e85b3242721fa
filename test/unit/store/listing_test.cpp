#include "bulk.hpp"
#include "store_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using model::RequestState;
using model::RequestType;

namespace {

constexpr std::int64_t kMany = 20'000;  // five buckets of counts

std::vector<std::int64_t> ids_of(const Page& page) {
  std::vector<std::int64_t> ids;
  for (const auto& item : page.items) ids.push_back(item.id.value());
  return ids;
}

/// Every page of `filter`, one after the other.
std::vector<std::int64_t> all_ids(const Store& store, const Filter& filter, std::int64_t size) {
  std::vector<std::int64_t> all;
  for (std::int64_t number = 1;; ++number) {
    const auto ids = ids_of(store.list(filter, number, size, Detail::latest_state));
    if (ids.empty()) return all;
    all.insert(all.end(), ids.begin(), ids.end());
  }
}

/// The ids that `condition` finds in a plain query: what a listing must agree with.
std::vector<std::int64_t> expected_ids(const StateDir& state, const std::string& condition) {
  SQLite::Database database{state.database().string()};
  SQLite::Statement rows{database,
                         "SELECT request.id FROM request LEFT JOIN user ON user.id = user_id "
                         "LEFT JOIN image AS f ON f.id = from_index_id WHERE " +
                             condition + " ORDER BY request.id DESC"};
  std::vector<std::int64_t> ids;
  while (rows.executeStep()) ids.push_back(rows.getColumn(0).getInt64());
  return ids;
}

}  // namespace

TEST_CASE("pages come newest first, and the last may be short", "[store]") {
  StateDir state;
  const auto store = state.open();
  for (int made = 0; made < 5; ++made) submit_one(*store);

  CHECK(ids_of(store->list({}, 1, 2, Detail::latest_state)) == std::vector<std::int64_t>{5, 4});
  CHECK(ids_of(store->list({}, 3, 2, Detail::latest_state)) == std::vector<std::int64_t>{1});
  CHECK(store->list({}, 1, 2, Detail::latest_state).total == 5);
}

TEST_CASE("a page beyond the last is empty, not an error", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);

  const auto number =
      GENERATE(as<std::int64_t>{}, 2, 1'000'000, std::numeric_limits<std::int64_t>::max());
  const auto page = store->list({}, number, 20, Detail::latest_state);

  CHECK(page.items.empty());
  CHECK(page.total == 1);
}

TEST_CASE("names that were never seen match nothing", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);

  const auto filter = GENERATE(Filter{.user = "nobody"}, Filter{.from_index = "a:b"},
                               Filter{.index_image = "a:b"}, Filter{.from_index_prefix = "zzz"},
                               Filter{.batch = BatchId{99}}, Filter{.type = RequestType::generic});
  const auto page = store->list(filter, 1, 20, Detail::latest_state);

  CHECK(page.items.empty());
  CHECK(page.total == 0);
}

TEST_CASE("an image is known in whatever role it was seen, also by its beginning", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);

  CHECK(store->image_known("registry.example.com/ops/otter-bundle:2"));
  CHECK_FALSE(store->image_known("registry.example.com/ops/otter-bundle"));
  CHECK(store->image_prefix_known("registry.example.com/ops/otter"));
  CHECK(store->image_prefix_known(""));
  CHECK_FALSE(store->image_prefix_known("registry.example.com/ops/%"));
  CHECK_FALSE(store->image_prefix_known("\xff\xff"));
}

TEST_CASE("any combination of filters finds what a plain query finds, page by page", "[store]") {
  StateDir state;
  state.open().reset();
  fill(state.database(), kMany);
  const auto store = state.open();
  const std::string user = "user-7@REALM.EXAMPLE";
  const std::string index = "registry.example.com/catalog/index-03:v4";
  const std::string prefix = "registry.example.com/catalog/index-03";
  const std::string of_user = "username = 'user-7@REALM.EXAMPLE'";
  const std::string of_index = "f.pull_specification = '" + index + "'";
  const std::string of_prefix = "substr(f.pull_specification, 1, 37) = '" + prefix + "'";
  struct Row {
    Filter filter;
    std::string condition;
    std::int64_t page_size;
  };
  const std::vector<Row> rows{
      {{}, "1", 4999},
      {{.state = RequestState::failed}, "state = 3", 300},
      {{.state = RequestState::in_progress}, "state = 1", 20},
      {{.type = RequestType::fbc_operations}, "type = 7", 300},
      {{.user = user}, of_user, 100},
      {{.state = RequestState::failed, .user = user}, "state = 3 AND " + of_user, 20},
      {{.from_index = index}, of_index, 20},
      {{.user = user, .from_index = index}, of_user + " AND " + of_index, 3},
      {{.state = RequestState::complete, .from_index = index}, "state = 2 AND " + of_index, 20},
      {{.from_index_prefix = prefix}, of_prefix, 100},
      {{.type = RequestType::rm, .user = user, .from_index_prefix = prefix},
       "type = 2 AND " + of_user + " AND " + of_prefix,
       5},
      {{.from_index = index, .from_index_prefix = prefix}, of_index, 20},
      {{.from_index = index, .from_index_prefix = "other"}, "0", 20},
      {{.batch = BatchId{1}}, "batch_id = 1", 20},
      {{.state = RequestState::failed, .batch = BatchId{1}}, "batch_id = 1 AND state = 3", 20},
      {{.batch = BatchId{1}, .from_index_prefix = prefix}, "batch_id = 1 AND " + of_prefix, 20},
      {{.batch = BatchId{700}}, "batch_id = 700", 20},
      {{.index_image = "registry.example.com/built/index:4097"}, "request.id = 4097", 20},
      {{.type = RequestType::rm, .index_image = "registry.example.com/built/index:4097"}, "0", 20},
  };

  for (const auto& [filter, condition, page_size] : rows) {
    CAPTURE(condition);
    const auto expected = expected_ids(state, condition);
    CHECK(all_ids(*store, filter, page_size) == expected);
    CHECK(store->list(filter, 1, page_size, Detail::latest_state).total ==
          static_cast<std::int64_t>(expected.size()));
  }
}

TEST_CASE("a listing loads the newest state alone, or the history newest first", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  const auto job = store->claim("iib", "here", std::chrono::seconds{60});
  REQUIRE(job.has_value());
  store->progress(claim_of(*job), "resolving", {});

  const auto latest = store->list({}, 1, 20, Detail::latest_state).items.at(0).history;
  const auto whole = store->list({}, 1, 20, Detail::whole_history).items.at(0).history;

  REQUIRE(latest.size() == 1);
  CHECK(latest[0].reason == "resolving");
  REQUIRE(whole.size() == 2);
  CHECK(whole[0].reason == "resolving");
}
