#include "store/sql/jobs.hpp"
#include "store/sql/listing.hpp"
#include "store/sql/names.hpp"
#include "store/sql/outbox.hpp"
#include "store/sql/requests.hpp"
#include "store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include <random>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using model::RequestState;

namespace {

constexpr std::chrono::seconds kLease{60};

/// Another connection to the database, as a test's own hands.
class Hands {
 public:
  explicit Hands(const StateDir& state)
      : database_{state.database().string(), SQLite::OPEN_READWRITE} {
    database_.exec("PRAGMA foreign_keys = ON");
  }
  void run(const std::string& sql) { database_.exec(sql); }
  std::int64_t number(const std::string& sql) { return database_.execAndGet(sql).getInt64(); }

 private:
  SQLite::Database database_;
};

}  // namespace

TEST_CASE("SQL itself refuses to change a final state", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  store->finish(claim_of(*store->claim("iib", "here", kLease)), RequestState::complete, "done", {});
  Hands hands{state};

  const std::string sql = GENERATE(
      "UPDATE request SET state = 1", "UPDATE request SET state = 3",
      "INSERT INTO request_state (request_id, state, reason, updated) VALUES (1, 1, 'x', 1)",
      "INSERT INTO request_state (request_id, state, reason, updated) VALUES (1, 3, 'x', 1)",
      "UPDATE request_state SET reason = 'x'", "UPDATE job SET state = 'queued'",
      "UPDATE job SET secrets = x'00'");
  CAPTURE(sql);

  CHECK_THROWS_AS(hands.run(sql), SQLite::Exception);
}

TEST_CASE("a finished request may have its reason corrected", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  store->finish(claim_of(*store->claim("iib", "here", kLease)), RequestState::complete, "done", {});

  Hands{state}.run(
      "INSERT INTO request_state (request_id, state, reason, updated) VALUES (1, 2, 'better', 1)");

  CHECK(store->find(RequestId{1})->history.front().reason == "better");
}

TEST_CASE("SQL itself refuses rows that no request can have", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  Hands hands{state};

  const std::string sql =
      GENERATE("INSERT INTO request (type, batch_id) VALUES (0, 1)",
               "INSERT INTO request (type, batch_id) VALUES (9, 1)",
               "INSERT INTO request (type, batch_id) VALUES (2, 1)",   // rm without index
               "INSERT INTO request (type, batch_id) VALUES (1, 99)",  // no such batch
               "UPDATE request SET distribution_scope = 'beta'", "UPDATE request SET labels = '{'",
               "UPDATE request SET user_id = NULL", "UPDATE job SET owner = 'x'",
               "UPDATE job SET state = 'running'", "UPDATE job SET queue = ''",
               "INSERT INTO image (pull_specification) VALUES ('')",
               "INSERT INTO request_image VALUES (1, 18, 0, 1)",
               "INSERT INTO request_image VALUES (1, 16, 1, 1)", "DELETE FROM request");
  CAPTURE(sql);

  CHECK_THROWS_AS(hands.run(sql), SQLite::Exception);
}

TEST_CASE("the counts are those of the rows after any sequence of operations", "[store]") {
  StateDir state;
  const auto store = state.open();
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  const auto below = [&](unsigned bound) { return random() % bound; };

  for (int step = 0; step < 60; ++step) {
    model::NewBatch batch;
    if (below(4) != 0) batch.user = "user-" + std::to_string(below(3));
    for (unsigned made = 0; made <= below(3); ++made) {
      auto request = new_request({.from_index = "r/index:" + std::to_string(below(3))});
      if (below(3) == 0) request.facts.from_index.reset();
      batch.requests.push_back(std::move(request));
    }
    submit(*store, std::move(batch));
    const auto job = store->claim("iib", "here", kLease);
    const auto end = below(2) == 0 ? RequestState::complete : RequestState::failed;
    if (below(3) != 0) {
      store->finish(claim_of(*job), end, "ended", {});
    } else {
      store->recover("here", 2);
    }
  }

  Hands hands{state};
  const std::string counted =
      "SELECT -1, -1, id / 4096 AS bucket, type, state, count(*) FROM request GROUP BY 3, 4, 5 "
      "UNION ALL SELECT ifnull(user_id, 0), -1, id / 4096, type, state, count(*) FROM request "
      "GROUP BY 1, 3, 4, 5 "
      "UNION ALL SELECT -1, ifnull(from_index_id, 0), id / 4096, type, state, count(*) "
      "FROM request GROUP BY 2, 3, 4, 5 "
      "UNION ALL SELECT ifnull(user_id, 0), ifnull(from_index_id, 0), id / 4096, type, state, "
      "count(*) FROM request GROUP BY 1, 2, 3, 4, 5";
  const std::string kept = "SELECT * FROM request_tally";
  CHECK(hands.number("SELECT count(*) FROM request_tally") > 10);
  CHECK(hands.number("SELECT count(*) FROM (" + counted + " EXCEPT " + kept + ")") == 0);
  CHECK(hands.number("SELECT count(*) FROM (" + kept + " EXCEPT SELECT * FROM (" + counted +
                     "))") == 0);
  CHECK(hands.number("SELECT count(*) FROM batch WHERE requests <> (SELECT count(*) FROM request "
                     "WHERE batch_id = batch.id) OR in_progress <> (SELECT count(*) FROM request "
                     "WHERE batch_id = batch.id AND state = 1) OR failed <> (SELECT count(*) FROM "
                     "request WHERE batch_id = batch.id AND state = 3)") == 0);
}

TEST_CASE("no hot query scans a table", "[store]") {
  StateDir state;
  state.open().reset();
  SQLite::Database database{state.database().string()};

  const std::string sql = GENERATE(values<const char*>({sql::kFindUser,
                                                        sql::kFindImage,
                                                        sql::kFindOperator,
                                                        sql::kFindArchitecture,
                                                        sql::kFindBuildTag,
                                                        sql::kFindDeprecationSchema,
                                                        sql::kImagePrefixKnown,
                                                        sql::kAssignOperator,
                                                        sql::kLearnColumns,
                                                        sql::kSetImage,
                                                        sql::kCutImages,
                                                        sql::kCutOperators,
                                                        sql::kRequest,
                                                        sql::kRequestImages,
                                                        sql::kRequestOperators,
                                                        sql::kRequestArchitectures,
                                                        sql::kRequestBuildTags,
                                                        sql::kRequestStates,
                                                        sql::kTally,
                                                        sql::kTallyOfPrefix,
                                                        sql::kWholeBucket,
                                                        sql::kBucket,
                                                        sql::kBucketByState,
                                                        sql::kBucketByUser,
                                                        sql::kBucketByFromIndex,
                                                        sql::kBatchSize,
                                                        sql::kBatchPage,
                                                        sql::kBatchCount,
                                                        sql::kBatchFilteredPage,
                                                        sql::kIndexImageCount,
                                                        sql::kIndexImagePage,
                                                        sql::kClaimJob,
                                                        sql::kRenewLeases,
                                                        sql::kHoldsClaim,
                                                        sql::kAddStateOfClaim,
                                                        sql::kRequeueJob,
                                                        sql::kLeftRunning,
                                                        sql::kRequeueAfterDeath,
                                                        sql::kCountTry,
                                                        sql::kQueuesWithWork,
                                                        sql::kBatchState,
                                                        sql::kBatchMembers}));
  CAPTURE(sql);

  SQLite::Statement plan{database, "EXPLAIN QUERY PLAN " + sql};
  while (plan.executeStep()) {
    const std::string step = plan.getColumn("detail").getString();
    CAPTURE(step);
    // the recursive lists of queues and of users walk their own short results
    CHECK((!Catch::startsWith(step, "SCAN") || step == "SCAN waiting" || step == "SCAN next" ||
           step == "SCAN CONSTANT ROW"));
  }
}
