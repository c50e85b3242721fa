#pragma once

/// The history of all requests, as events.
namespace iib::store::sql {

#define IIBD_STORE_CHANGES                                                   \
  "SELECT request_state.id, request_state.request_id, request_state.state,"  \
  "       request_state.reason, request_state.updated, request_state.claim," \
  "       request.type, request.batch_id, user.username"                     \
  "  FROM request_state"                                                     \
  "  JOIN request ON request.id = request_state.request_id"                  \
  "  LEFT JOIN user ON user.id = request.user_id"                            \
  " WHERE request_state.id > :last"

#define IIBD_STORE_OLDEST_FIRST " ORDER BY request_state.id LIMIT :most"

inline constexpr auto kChanges = IIBD_STORE_CHANGES IIBD_STORE_OLDEST_FIRST;

inline constexpr auto kChangesOfRequest =
    IIBD_STORE_CHANGES " AND request_state.request_id = :request" IIBD_STORE_OLDEST_FIRST;

#undef IIBD_STORE_CHANGES
#undef IIBD_STORE_OLDEST_FIRST

inline constexpr auto kNewestEvent = R"sql(
  SELECT ifnull(max(id), 0) AS newest FROM request_state
)sql";

/// A batch is submitted at once: the first state of its last request ends the submission.
inline constexpr auto kBeganBatch = R"sql(
  SELECT 1
   WHERE :request = (SELECT max(id) FROM request WHERE batch_id = :batch)
     AND :event = (SELECT min(id) FROM request_state WHERE request_id = :request)
)sql";

/// The event with which the last of a batch's requests ended. A final state is final: only where
/// all have ended does this have a meaning.
inline constexpr auto kBatchEnd = R"sql(
  SELECT max((SELECT min(id)
                FROM request_state
               WHERE request_id = member.id AND state <> 1)) AS event
    FROM request AS member
   WHERE member.batch_id = :batch
)sql";

}  // namespace iib::store::sql
