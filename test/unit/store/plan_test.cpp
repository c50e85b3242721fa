#include "bulk.hpp"
#include "plans.hpp"
#include "store/jobs.hpp"
#include "store/listing.hpp"
#include "store/names.hpp"
#include "store/sql/names.hpp"
#include "store/state_changes.hpp"
#include "store_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using model::RequestState;
using model::RequestType;

namespace {

constexpr std::int64_t kMany = 20'000;  // five buckets of counts
constexpr std::int64_t kPageSize = 20;

/// A listing, and how a failure names it.
struct Listing {
  std::string name;
  Filter filter;
};

/// Adds to each listing of `some` one that is filtered by `narrow` too.
template <class Narrow>
void also(std::vector<Listing>& some, const std::string& name, Narrow narrow) {
  const auto before = some.size();
  for (std::size_t at = 0; at < before; ++at) {
    auto listing = some[at];
    listing.name += listing.name.empty() ? name : " and " + name;
    narrow(listing.filter);
    some.push_back(std::move(listing));
  }
}

/// Every combination of the filters of GET /builds (rest-api 6.1), from none to all.
std::vector<Listing> all_listings() {
  std::vector<Listing> all{{}};
  also(all, "batch", [](Filter& filter) { filter.batch = BatchId{1}; });
  also(all, "type", [](Filter& filter) { filter.type = RequestType::rm; });
  all.push_back({.name = "rare type", .filter = {.type = RequestType::create_empty_index}});
  also(all, "user", [](Filter& filter) { filter.user = "user-7@REALM.EXAMPLE"; });
  also(all, "from_index",
       [](Filter& filter) { filter.from_index = "registry.example.com/catalog/index-03:v4"; });
  also(all, "prefix",
       [](Filter& filter) { filter.from_index_prefix = "registry.example.com/catalog/index-03"; });
  also(all, "index_image",
       [](Filter& filter) { filter.index_image = "registry.example.com/built/index:1750"; });
  const auto stateless = all;
  for (const auto state :
       {RequestState::in_progress, RequestState::complete, RequestState::failed}) {
    auto some = stateless;
    for (auto& listing : some) {
      listing.name += " in state " + std::string{to_string(state)};
      listing.filter.state = state;
    }
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::int64_t last_page(Connection& connection, const Filter& filter) {
  const auto total = list_requests(connection, filter, 1, 1, Detail::latest_state).total;
  return std::max<std::int64_t>(1, (total + kPageSize - 1) / kPageSize);
}

/// A filled database and a connection as the store's readings have it.
struct Filled {
  Filled() {
    state.open().reset();
    fill(state.database(), kMany);
  }

  StateDir state;
};

}  // namespace

TEST_CASE("no filter of a listing, nor a deep page of it, scans a table", "[store]") {
  const Filled filled;
  Connection connection{filled.state.database(), Connection::Mode::read};

  for (const auto& [name, filter] : all_listings()) {
    CAPTURE(name);
    for (const auto page : {std::int64_t{1}, last_page(connection, filter)}) {
      CAPTURE(page);
      static_cast<void>(list_requests(connection, filter, page, kPageSize, Detail::whole_history));
      CHECK(counted(connection, SQLITE_STMTSTATUS_FULLSCAN_STEP) == 0);
      CHECK(counted(connection, SQLITE_STMTSTATUS_AUTOINDEX) == 0);
    }
  }

  const auto statements = statements_of(connection);
  REQUIRE(statements.size() > 15);
  for (auto* statement : statements) {
    const std::string sql = sqlite3_sql(statement);
    CAPTURE(sql);
    CHECK(costly_steps(connection, sql).empty());
  }
}

TEST_CASE("a claim reads an index, however many jobs wait and of whomever", "[store]") {
  const Filled filled;
  Connection connection{filled.state.database(), Connection::Mode::write};
  for (const auto order : {QueueOrder::submission, QueueOrder::users_in_turn}) {
    static_cast<void>(
        claim_job(connection, {.queue = "iib", .owner = "here", .lease_until = {}, .order = order},
                  test_key()));
  }
  CHECK(counted(connection, SQLITE_STMTSTATUS_AUTOINDEX) == 0);
  for (auto* statement : statements_of(connection)) {
    const std::string sql = sqlite3_sql(statement);
    if (!Catch::contains(sql, "UPDATE job")) continue;
    CAPTURE(sql);
    const auto costly = costly_steps(connection, sql);
    // Of the users who wait, and of those alone, each is looked at.
    CHECK(std::ranges::all_of(costly, [](const std::string& step) {
      return step == "SCAN waiting" || step == "SCAN next";
    }));
  }
}

TEST_CASE("changes are found from the last one on, and a batch's end by its members alone",
          "[store]") {
  const Filled filled;
  Connection connection{filled.state.database(), Connection::Mode::read};
  const auto newest = newest_event(connection);
  REQUIRE(newest.value() > 3 * kMany);

  // Where requests go on, where they end, and of one alone.
  CHECK_FALSE(changes_after(connection, EventId{kMany}, kPageSize, {}).empty());
  CHECK_FALSE(changes_after(connection, EventId{newest.value() - 1000}, kPageSize, {}).empty());
  CHECK_FALSE(changes_after(connection, {}, kPageSize, RequestId{kMany}).empty());
  CHECK(changes_after(connection, newest, kPageSize, {}).empty());

  CHECK(counted(connection, SQLITE_STMTSTATUS_FULLSCAN_STEP) == 0);
  CHECK(counted(connection, SQLITE_STMTSTATUS_AUTOINDEX) == 0);
  CHECK(counted(connection, SQLITE_STMTSTATUS_SORT) == 0);
  const auto statements = statements_of(connection);
  REQUIRE(statements.size() >= 5);
  for (auto* statement : statements) {
    const std::string sql = sqlite3_sql(statement);
    CAPTURE(sql);
    CHECK(costly_steps(connection, sql).empty());
  }
}

TEST_CASE("whether an image was ever seen is asked of an index", "[store]") {
  const Filled filled;
  Connection connection{filled.state.database(), Connection::Mode::read};

  static_cast<void>(find_name(connection, NameKind::image, "registry.example.com/none:v1"));
  {
    auto known = connection.use(sql::kImagePrefixKnown);
    bind_prefix(known, "registry.example.com/none");
    CHECK_FALSE(known.step());
  }

  CHECK(counted(connection, SQLITE_STMTSTATUS_FULLSCAN_STEP) == 0);
  for (auto* statement : statements_of(connection)) {
    CHECK(costly_steps(connection, sqlite3_sql(statement)).empty());
  }
}

TEST_CASE("a page costs no more than a few buckets, however deep and however rare", "[store]") {
  const Filled filled;
  Connection connection{filled.state.database(), Connection::Mode::read};
  // A bucket of 4096 takes some 25,000 steps to walk through, and a page of what is rare lies in
  // all five; twenty requests take less than 10,000 to load.
  constexpr int kMostSteps = 150'000;

  for (const auto& [name, filter] : all_listings()) {
    CAPTURE(name);
    const auto last = last_page(connection, filter);
    for (const auto page : {std::int64_t{1}, last / 2 + 1, last}) {
      CAPTURE(page);
      static_cast<void>(counted(connection, SQLITE_STMTSTATUS_VM_STEP));
      static_cast<void>(list_requests(connection, filter, page, kPageSize, Detail::whole_history));
      CHECK(counted(connection, SQLITE_STMTSTATUS_VM_STEP) < kMostSteps);
    }
  }
}

TEST_CASE("a table without an index for a query is noticed", "[store]") {
  const Filled filled;
  Connection connection{filled.state.database(), Connection::Mode::write};

  CHECK_FALSE(
      costly_steps(connection, "SELECT id FROM request WHERE organization = 'acme'").empty());
  {
    auto scan = connection.use("SELECT count(*) FROM request WHERE organization = 'acme'");
    CHECK(scan.step());
  }
  CHECK(counted(connection, SQLITE_STMTSTATUS_FULLSCAN_STEP) > kMany / 2);
}
