#include "store/state_changes.hpp"

#include "iib/base/error.hpp"
#include "store/outbox.hpp"
#include "store/sql/state_changes.hpp"

#include <unordered_map>

namespace iib::store {
namespace {

/// A reason may be as long as a PATCH can be: changes with longer ones come in smaller portions.
constexpr std::size_t kReasonBytes = 256UL << 10U;

/// What the batches of a portion have told, each asked for once.
class Batches {
 public:
  explicit Batches(Connection& connection) : connection_{connection} {}

  /// See StateChange::batch_state.
  std::optional<model::RequestState> told_with(const StateChange& change) {
    if (!is_final(change.entry.state)) {
      return began_with(change) ? std::optional{model::RequestState::in_progress} : std::nullopt;
    }
    const auto end = ends_.try_emplace(change.batch);
    if (end.second) end.first->second = look_up(change.batch);
    const auto& [event, state] = end.first->second;
    return is_final(state) && change.entry.id >= event ? std::optional{state} : std::nullopt;
  }

 private:
  /// Where a batch stands today, and since when; a batch that goes on had not ended before either.
  struct End {
    EventId event;
    model::RequestState state = model::RequestState::in_progress;
  };

  bool began_with(const StateChange& change) {
    return connection_.use(sql::kBeganBatch)
        .bind(":request", change.request.value())
        .bind(":batch", change.batch.value())
        .bind(":event", change.entry.id.value())
        .step();
  }

  End look_up(BatchId batch) {
    const auto state = batch_state(connection_, batch);
    if (!is_final(state)) return {};
    auto row = connection_.use(sql::kBatchEnd);
    if (!row.bind(":batch", batch.value()).step()) return {};
    return {.event = EventId{row.integer("event")}, .state = state};
  }

  Connection& connection_;
  std::unordered_map<BatchId, End> ends_;
};

StateChange read_row(const Use& row) {
  return {.entry = {.id = EventId{row.integer("id")},
                    .state = static_cast<model::RequestState>(row.integer("state")),
                    .reason = row.text("reason"),
                    .updated = Timestamp{std::chrono::microseconds{row.integer("updated")}},
                    .claim = row.maybe_integer("claim")},
          .request = RequestId{row.integer("request_id")},
          .type = static_cast<model::RequestType>(row.integer("type")),
          .batch = BatchId{row.integer("batch_id")},
          .user = row.maybe_text("username")};
}

}  // namespace

std::vector<StateChange> changes_after(Connection& connection, EventId last, std::size_t most,
                                       std::optional<RequestId> of) {
  auto rows = connection.use(of ? sql::kChangesOfRequest : sql::kChanges);
  rows.bind(":last", last.value()).bind(":most", most);
  if (of) rows.bind(":request", of->value());
  Batches batches{connection};
  std::vector<StateChange> changes;
  for (std::size_t bytes = 0; bytes < kReasonBytes && rows.step();) {
    auto change = read_row(rows);
    change.batch_state = batches.told_with(change);
    bytes += change.entry.reason.size();
    changes.push_back(std::move(change));
  }
  return changes;
}

EventId newest_event(Connection& connection) {
  auto row = connection.use(sql::kNewestEvent);
  row.step();
  return EventId{row.integer("newest")};
}

}  // namespace iib::store
