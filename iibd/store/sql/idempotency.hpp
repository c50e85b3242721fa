#pragma once

/// Keys of submissions that may be repeated. An expired key is as good as none.
namespace iib::store::sql {

inline constexpr auto kFindKey = R"sql(
  SELECT body_hash, batch_id, bundle_mappings
    FROM idempotency_key
   WHERE username = :username AND path = :path AND key = :key AND expires > :now
)sql";

inline constexpr auto kAddKey = R"sql(
  INSERT INTO idempotency_key (username, path, key, body_hash, batch_id, bundle_mappings, expires)
  VALUES (:username, :path, :key, :body_hash, :batch, :bundle_mappings, :expires)
  ON CONFLICT (username, path, key) DO UPDATE
     SET body_hash = excluded.body_hash, batch_id = excluded.batch_id,
         bundle_mappings = excluded.bundle_mappings, expires = excluded.expires
)sql";

/// The oldest few: a submission must not pay for a day's worth of them.
inline constexpr auto kDropExpiredKeys = R"sql(
  DELETE FROM idempotency_key
   WHERE (username, path, key) IN (SELECT username, path, key
                                     FROM idempotency_key
                                    WHERE expires <= :now
                                    ORDER BY expires
                                    LIMIT :most)
)sql";

/// The members of a batch with the state that each began in.
inline constexpr auto kBatchAsCreated = R"sql(
  SELECT request.id, request.type, batch.base_url, state.id AS event, state.state, state.reason,
         state.updated
    FROM request
    JOIN batch ON batch.id = request.batch_id
    JOIN request_state AS state
      ON state.id = (SELECT min(id) FROM request_state WHERE request_id = request.id)
   WHERE request.batch_id = :batch
   ORDER BY request.id
)sql";

}  // namespace iib::store::sql
