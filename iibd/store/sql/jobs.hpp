#pragma once

/// Jobs. Every write names job and claim: a claim that was lost changes nothing.
namespace iib::store::sql {

inline constexpr auto kAddJob = R"sql(
  INSERT INTO job (request_id, queue, ordering_key, arguments, secrets, user_id)
  VALUES (:request, :queue, :ordering_key, :arguments, :secrets,
          ifnull((SELECT user_id FROM request WHERE id = :request), 0))
)sql";

/// The oldest job that may run; with `:in_turn` (0 or 1) of the user whose last start is the
/// longest ago. One step per waiting user, however many jobs each has.
inline constexpr auto kClaimJob = R"sql(
  UPDATE job
     SET state = 'running', claim = claim + 1, owner = :owner, lease_until = :lease_until
   WHERE id = (
     WITH RECURSIVE waiting (user_id) AS (
       SELECT min(user_id) FROM job WHERE queue = :queue AND state = 'queued'
       UNION ALL
       SELECT (SELECT min(job.user_id)
                 FROM job
                WHERE job.queue = :queue AND job.state = 'queued'
                  AND job.user_id > waiting.user_id)
         FROM waiting
        WHERE waiting.user_id IS NOT NULL
     ),
     next (id, last_start) AS (
       SELECT (SELECT candidate.id
                 FROM job AS candidate
                WHERE candidate.queue = :queue AND candidate.state = 'queued'
                  AND candidate.user_id = waiting.user_id
                  AND NOT EXISTS (SELECT 1
                                    FROM job AS older
                                   WHERE older.ordering_key = candidate.ordering_key
                                     AND older.id < candidate.id
                                     AND older.state <> 'done')
                ORDER BY candidate.id
                LIMIT 1),
              ifnull(queue_turn.last_start, 0)
         FROM waiting
         LEFT JOIN queue_turn
                ON queue_turn.queue = :queue AND queue_turn.user_id = waiting.user_id
        WHERE waiting.user_id IS NOT NULL
     )
     SELECT id FROM next WHERE id IS NOT NULL ORDER BY iif(:in_turn, last_start, 0), id LIMIT 1)
  RETURNING id, request_id, ordering_key, claim, tries, arguments, secrets
)sql";

inline constexpr auto kTakeTurn = R"sql(
  INSERT INTO queue_turn (queue, user_id, last_start)
  SELECT queue, user_id,
         ifnull((SELECT max(last_start) FROM queue_turn WHERE queue_turn.queue = job.queue), 0) + 1
    FROM job
   WHERE id = :job
  ON CONFLICT (queue, user_id) DO UPDATE SET last_start = excluded.last_start
)sql";

inline constexpr auto kRenewLeases = R"sql(
  UPDATE job
     SET lease_until = :lease_until
   WHERE owner = :owner AND state = 'running'
)sql";

/// A job is running only while its request is in progress: a trigger ends both together.
inline constexpr auto kHoldsClaim = R"sql(
  SELECT 1
    FROM job
   WHERE id = :job AND request_id = :request AND claim = :claim AND state = 'running'
)sql";

/// The fenced form of a new state.
inline constexpr auto kAddStateOfClaim = R"sql(
  INSERT INTO request_state (request_id, state, reason, updated, claim)
  SELECT job.request_id, :state, :reason, :updated, job.claim
    FROM job
    JOIN request ON request.id = job.request_id
   WHERE job.id = :job AND job.request_id = :request AND job.claim = :claim
     AND job.state = 'running' AND request.state = 1
  RETURNING id
)sql";

inline constexpr auto kRunningClaim = R"sql(
  SELECT claim FROM job WHERE request_id = :request AND state = 'running'
)sql";

inline constexpr auto kRequeueJob = R"sql(
  UPDATE job
     SET state = 'queued', owner = NULL, lease_until = NULL
   WHERE id = :job AND request_id = :request AND claim = :claim AND state = 'running'
)sql";

/// What an owner's death left running.
inline constexpr auto kLeftRunning = R"sql(
  SELECT id, request_id, tries FROM job WHERE owner = :owner AND state = 'running' ORDER BY id
)sql";

inline constexpr auto kRequeueAfterDeath = R"sql(
  UPDATE job
     SET state = 'queued', owner = NULL, lease_until = NULL, tries = tries + 1
   WHERE id = :job AND owner = :owner AND state = 'running'
)sql";

inline constexpr auto kCountTry = R"sql(
  UPDATE job SET tries = tries + 1 WHERE id = :job AND owner = :owner AND state = 'running'
)sql";

/// One step per queue, however many jobs wait in it.
inline constexpr auto kQueuesWithWork = R"sql(
  WITH RECURSIVE waiting (queue) AS (
    SELECT min(queue) FROM job WHERE state = 'queued'
    UNION ALL
    SELECT (SELECT min(job.queue) FROM job WHERE job.state = 'queued' AND job.queue > waiting.queue)
      FROM waiting
     WHERE waiting.queue IS NOT NULL
  )
  SELECT queue FROM waiting WHERE queue IS NOT NULL
)sql";

}  // namespace iib::store::sql
