#pragma once

/// Messages that wait to be sent.
namespace iib::store::sql {

inline constexpr auto kAddMessage = R"sql(
  INSERT INTO outbox (event_id, kind, destination, message_id, properties, body)
  VALUES (:event, :kind, :destination, :message_id, :properties, :body)
)sql";

inline constexpr auto kBatchState = R"sql(
  SELECT in_progress, failed FROM batch WHERE id = :batch
)sql";

inline constexpr auto kBatchMembers = R"sql(
  SELECT id, type, organization FROM request WHERE batch_id = :batch ORDER BY id
)sql";

}  // namespace iib::store::sql
