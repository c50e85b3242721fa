#pragma once

/// Messages that wait to be sent.
namespace iib::store::sql {

/// Behind one of its subject that is set aside it is held.
inline constexpr auto kAddMessage = R"sql(
  INSERT INTO outbox (event_id, batch_id, channel, kind, destination, subject, message_id,
                      properties, body, state)
  VALUES (:event, :batch, :channel, :kind, :destination, :subject, :message_id, :properties, :body,
          iif(EXISTS (SELECT 1
                        FROM outbox AS older
                       WHERE older.channel = :channel AND older.subject = :subject
                         AND older.state <> 'waiting'),
              'held', 'waiting'))
)sql";

inline constexpr auto kBatchState = R"sql(
  SELECT in_progress, failed FROM batch WHERE id = :batch
)sql";

inline constexpr auto kBatchMembers = R"sql(
  SELECT id, type, organization FROM request WHERE batch_id = :batch ORDER BY id
)sql";

/// One step per destination, however many messages wait for each.
inline constexpr auto kDestinationsWaiting = R"sql(
  WITH RECURSIVE waiting (destination) AS (
    SELECT min(destination) FROM outbox WHERE channel = :channel AND state = 'waiting'
    UNION ALL
    SELECT (SELECT min(outbox.destination)
              FROM outbox
             WHERE outbox.channel = :channel AND outbox.state = 'waiting'
               AND outbox.destination > waiting.destination)
      FROM waiting
     WHERE waiting.destination IS NOT NULL
  )
  SELECT destination FROM waiting WHERE destination IS NOT NULL
)sql";

/// The oldest of each subject; of a batch only once all that was written before it has gone, so
/// that the messages of one event keep their order (rest-api 10.3).
inline constexpr auto kNextMessages = R"sql(
  SELECT id, event_id, kind, destination, subject, message_id, properties, body, tries
    FROM outbox AS candidate
   WHERE channel = :channel AND destination = :destination AND state = 'waiting'
     AND next_try <= :now
     AND NOT EXISTS (SELECT 1
                       FROM outbox AS older
                      WHERE older.channel = :channel AND older.subject = candidate.subject
                        AND older.id < candidate.id)
     AND (candidate.kind <> 'batch-state'
          OR NOT EXISTS (SELECT 1
                           FROM outbox AS older
                          WHERE older.channel = :channel AND older.batch_id = candidate.batch_id
                            AND older.state = 'waiting' AND older.id < candidate.id))
   ORDER BY id
   LIMIT :most
)sql";

inline constexpr auto kDropMessage = R"sql(
  DELETE FROM outbox WHERE id = :id RETURNING channel, subject, state
)sql";

inline constexpr auto kPutBack = R"sql(
  UPDATE outbox
     SET tries = tries + 1, next_try = :next_try, problem = :problem,
         state = iif(tries + 1 >= :most_tries, 'set aside', 'waiting')
   WHERE id = :id AND state = 'waiting'
  RETURNING channel, subject, state
)sql";

inline constexpr auto kHoldSubject = R"sql(
  UPDATE outbox
     SET state = 'held'
   WHERE channel = :channel AND subject = :subject AND state = 'waiting'
)sql";

inline constexpr auto kReleaseSubject = R"sql(
  UPDATE outbox
     SET state = 'waiting'
   WHERE channel = :channel AND subject = :subject AND state = 'held'
)sql";

inline constexpr auto kRetryMessage = R"sql(
  UPDATE outbox
     SET state = 'waiting', tries = 0, next_try = 0
   WHERE id = :id AND state = 'set aside'
  RETURNING channel, subject
)sql";

inline constexpr auto kCountSetAside = R"sql(
  SELECT count(*) AS messages FROM outbox WHERE state = 'set aside'
)sql";

inline constexpr auto kCountAll = R"sql(
  SELECT count(*) AS messages FROM outbox
)sql";

inline constexpr auto kSetAside = R"sql(
  SELECT id FROM outbox WHERE state = 'set aside' ORDER BY id
)sql";

inline constexpr auto kListSetAside = R"sql(
  SELECT outbox.id, outbox.state, channel, kind, destination, subject, message_id, tries, problem,
         request_state.updated
    FROM outbox
    JOIN request_state ON request_state.id = outbox.event_id
   WHERE outbox.state = 'set aside'
   ORDER BY outbox.id
   LIMIT :most
)sql";

inline constexpr auto kListMessages = R"sql(
  SELECT outbox.id, outbox.state, channel, kind, destination, subject, message_id, tries, problem,
         request_state.updated
    FROM outbox
    JOIN request_state ON request_state.id = outbox.event_id
   ORDER BY outbox.id
   LIMIT :most
)sql";

}  // namespace iib::store::sql
