#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>

namespace iib::store::test {

/// Fills a database with `count` past requests by plain SQL, far faster than by submitting: 20
/// users, 100 indexes, add, rm, fbc-operations and now and then create-empty-index, batches of 10
/// and one that holds every fiftieth request, a tenth of them failed, the newest 50 in progress,
/// four states each.
inline void fill(const std::filesystem::path& database, std::int64_t count) {
  constexpr auto kFill = R"sql(
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -200000;
    BEGIN;
    CREATE TEMP TABLE number (n INTEGER PRIMARY KEY);
    WITH RECURSIVE counting (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting WHERE n < {0})
    INSERT INTO number SELECT n FROM counting;

    INSERT INTO user (id, username) SELECT n, printf('user-%d@REALM.EXAMPLE', n)
      FROM number WHERE n <= 20;
    INSERT INTO operator (id, name) SELECT n, printf('operator-%d', n) FROM number WHERE n <= 50;
    INSERT INTO architecture (id, name)
    VALUES (1, 'amd64'), (2, 'arm64'), (3, 'ppc64le'), (4, 's390x');
    INSERT INTO image (id, pull_specification)
      SELECT n, printf('registry.example.com/catalog/index-%02d:v%d', n / 10, n % 10)
        FROM number WHERE n <= 100;
    INSERT INTO image (id, pull_specification, operator_id)
      SELECT 1000 + n, printf('registry.example.com/ops/bundle-%d@sha256:%064d', n, n), 1 + n % 50
        FROM number WHERE n <= 1000;
    INSERT INTO image (id, pull_specification)
      SELECT 10000 + n, printf('registry.example.com/built/index:%d', n) FROM number;
    INSERT INTO batch (id, base_url)
      SELECT n, 'http://iib.example.com' FROM number WHERE n <= 1 + {0} / 10;

    INSERT INTO request (id, type, user_id, batch_id, from_index_id, index_image_id, organization)
      SELECT n,
             CASE WHEN n % 4001 = 0 THEN 5 WHEN n % 7 = 0 THEN 2 WHEN n % 11 = 0 THEN 7 ELSE 1 END,
             1 + n * 7919 % 20,
             CASE WHEN n % 50 = 0 THEN 1 ELSE 1 + n / 10 END, 1 + (n + n / 20) % 100, 10000 + n,
             CASE WHEN n % 7 <> 0 THEN 'acme' END
        FROM number;
    INSERT INTO request_image (request_id, role, position, image_id)
      SELECT n, role.value, role.position, 1001 + (n + role.value) % 1000
        FROM number CROSS JOIN (SELECT 1 AS value, 0 AS position UNION ALL VALUES (2, 0), (3, 0),
                                (4, 0), (5, 0), (6, 0), (21, 0), (21, 1)) AS role;
    INSERT INTO request_architecture (request_id, architecture_id)
      SELECT n, architecture.id FROM number CROSS JOIN architecture;
    INSERT INTO request_state (request_id, state, reason, updated)
      SELECT n, 1, printf('step %d of the request', step.value), 1935656672131415 + n
        FROM number CROSS JOIN (SELECT 1 AS value UNION ALL VALUES (2), (3)) AS step;
    INSERT INTO request_state (request_id, state, reason, updated)
      SELECT n, CASE WHEN n % 10 = 3 THEN 3 ELSE 2 END, 'ended', 1935656672131415 + n
        FROM number WHERE n <= {0} - 50;
    INSERT INTO job (request_id, queue, state, claim, arguments)
      SELECT id, 'iib', CASE WHEN state = 1 THEN 'queued' ELSE 'done' END, 1, '{{}}' FROM request;
    COMMIT;
    DROP TABLE number;
    PRAGMA wal_checkpoint(TRUNCATE);
  )sql";
  SQLite::Database connection{database.string(), SQLite::OPEN_READWRITE};
  connection.exec(fmt::format(kFill, count));
}

}  // namespace iib::store::test
