#include "iib/store/outbox.hpp"
#include "plans.hpp"
#include "store/outbox_queue.hpp"
#include "store/sql/outbox.hpp"
#include "store_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>

// What the outbox costs while very many messages wait, as after a day without a broker.

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;

namespace {

constexpr int kRequests = 5'000;
constexpr int kMessages = 5 * kRequests;  // three states of each, and two of its batch
constexpr std::size_t kWindow = 200;      // as the publisher asks for
constexpr auto kBuild = "topic://build";
constexpr auto kBatch = "topic://batch";

/// A backlog, written by plain SQL; every hundredth request has a message that was set aside.
struct Backlog {
  Backlog() {
    state.destinations = {.build_state = kBuild, .batch_state = kBatch};
    state.open().reset();
    SQLite::Database database{state.database().string(), SQLite::OPEN_READWRITE};
    database.exec(fmt::format(kFill, kRequests, kBuild, kBatch));
  }

  static constexpr auto kFill = R"sql(
    PRAGMA synchronous = OFF;
    BEGIN;
    CREATE TEMP TABLE number (n INTEGER PRIMARY KEY);
    WITH RECURSIVE counting (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting WHERE n < {0})
    INSERT INTO number SELECT n FROM counting;
    INSERT INTO user (id, username) VALUES (1, 'builder@REALM.EXAMPLE');
    INSERT INTO batch (id, base_url) SELECT n, 'http://iib.example.com' FROM number;
    INSERT INTO request (id, type, user_id, batch_id) SELECT n, 1, 1, n FROM number;
    INSERT INTO request_state (id, request_id, state, reason, updated)
      SELECT n, n, 1, 'accepted', 1935656672131415 FROM number;
    INSERT INTO outbox (event_id, batch_id, channel, kind, destination, subject, message_id,
                        properties, body, state, tries)
      SELECT n, n, 'amqp', part.kind,
             iif(part.kind = 'build-state', '{1}', '{2}'),
             iif(part.kind = 'build-state', 'request ', 'batch ') || n,
             printf('%036d', n * 10 + part.number), '{{}}', '{{}}',
             CASE WHEN n % 100 <> 0 OR part.kind <> 'build-state' THEN 'waiting'
                  WHEN part.number = 1 THEN 'set aside' ELSE 'held' END,
             iif(n % 100 = 0 AND part.number = 1, 10, 0)
        FROM (SELECT 1 AS number, 'build-state' AS kind
              UNION ALL VALUES (2, 'batch-state'), (3, 'build-state'), (4, 'build-state'),
                               (5, 'batch-state')) AS part
             CROSS JOIN number
       ORDER BY n, part.number;
    COMMIT;
    DROP TABLE number;
  )sql";

  StateDir state;
};

void check_plans(Connection& connection) {
  const auto statements = statements_of(connection);
  REQUIRE_FALSE(statements.empty());
  for (auto* statement : statements) {
    const std::string sql = sqlite3_sql(statement);
    CAPTURE(sql);
    const auto costly = costly_steps(connection, sql);
    // The destinations found so far, one row for each.
    CHECK(std::all_of(costly.begin(), costly.end(),
                      [](const std::string& step) { return step == "SCAN waiting"; }));
  }
}

}  // namespace

TEST_CASE("what is to be sent next is found by indexes, however much waits", "[store]") {
  const Backlog backlog;
  Connection connection{backlog.state.database(), Connection::Mode::read};
  const Timestamp now{std::chrono::microseconds{1}};
  const auto next = [&](const char* destination) {
    return next_messages(
        connection,
        {.channel = kAmqpChannel, .destination = destination, .now = now, .most = kWindow});
  };

  CHECK(destinations_waiting(connection, kAmqpChannel) == std::vector<std::string>{kBatch, kBuild});
  CHECK(counted(connection, SQLITE_STMTSTATUS_VM_STEP) < 1'000);
  CHECK(next(kBuild).size() == kWindow);
  // Of the messages that wait only those that are given out, and what stands before each, are read.
  CHECK(counted(connection, SQLITE_STMTSTATUS_VM_STEP) < 200 * static_cast<int>(kWindow));

  // Batches wait for their requests: of each it is asked, which takes as long as there are many.
  CHECK(next(kBatch).size() == kRequests / 100);
  CHECK(counted(connection, SQLITE_STMTSTATUS_VM_STEP) < 100 * kMessages);

  CHECK(counted(connection, SQLITE_STMTSTATUS_FULLSCAN_STEP) == 0);
  CHECK(counted(connection, SQLITE_STMTSTATUS_AUTOINDEX) == 0);
  CHECK(counted(connection, SQLITE_STMTSTATUS_SORT) == 0);
  check_plans(connection);
}

TEST_CASE("writing, removing and setting aside a message touch its subject alone", "[store]") {
  const Backlog backlog;
  Connection connection{backlog.state.database(), Connection::Mode::write};
  const OutboxId waits{1};
  const OutboxId refused{6};  // the first of request 2
  connection.execute("BEGIN");

  CHECK(drop_sent(connection, {waits}) == 1);
  CHECK(put_back(connection, {{.id = refused, .reason = "no", .next_try = {}}}, 1) == 1);
  release_subject(connection, kAmqpChannel, "request 2");
  CHECK(connection.use(sql::kRetryMessage).bind(":id", refused.value()).step());
  static_cast<void>(connection.use(sql::kAddMessage));
  {
    auto aside = connection.use(sql::kSetAside);
    CHECK(aside.step());
  }
  {
    auto count = connection.use(sql::kCountSetAside);
    REQUIRE(count.step());
    CHECK(count.integer("messages") == kRequests / 100);
  }
  {
    auto shown = connection.use(sql::kListSetAside);
    shown.bind(":most", std::size_t{1000});
    CHECK(shown.step());
  }

  CHECK(counted(connection, SQLITE_STMTSTATUS_FULLSCAN_STEP) == 0);
  CHECK(counted(connection, SQLITE_STMTSTATUS_AUTOINDEX) == 0);
  connection.execute("COMMIT");
  check_plans(connection);
}

TEST_CASE("counting what waits reads no message, and the list ends at its limit", "[store]") {
  const Backlog backlog;
  Connection connection{backlog.state.database(), Connection::Mode::read};

  const auto counts = count_outbox(connection);
  CHECK(counts.waiting + counts.set_aside == kMessages);
  // The watch counts every ten seconds: the entries of an index, which is what there is to count.
  for (const auto& step : costly_steps(connection, sql::kCountAll)) {
    CHECK_THAT(step, Catch::Contains("COVERING INDEX"));
  }

  static_cast<void>(counted(connection, SQLITE_STMTSTATUS_VM_STEP));
  {
    auto shown = connection.use(sql::kListMessages);
    shown.bind(":most", std::size_t{20});
    int rows = 0;
    while (shown.step()) ++rows;
    CHECK(rows == 20);
  }
  CHECK(counted(connection, SQLITE_STMTSTATUS_VM_STEP) < 2'000);
}
