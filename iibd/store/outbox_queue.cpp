#include "store/outbox_queue.hpp"

#include "store/sql/outbox.hpp"

namespace iib::store {

std::vector<std::string> destinations_waiting(Connection& connection, std::string_view channel) {
  auto rows = connection.use(sql::kDestinationsWaiting);
  rows.bind(":channel", channel);
  std::vector<std::string> found;
  while (rows.step()) found.push_back(rows.text("destination"));
  return found;
}

std::vector<OutboxMessage> next_messages(Connection& connection, const Wanted& wanted) {
  auto rows = connection.use(sql::kNextMessages);
  rows.bind(":channel", wanted.channel)
      .bind(":destination", wanted.destination)
      .bind(":now", wanted.now.time_since_epoch().count())
      .bind(":most", wanted.most);
  std::vector<OutboxMessage> found;
  while (rows.step()) {
    found.push_back({.id = OutboxId{rows.integer("id")},
                     .event = EventId{rows.integer("event_id")},
                     .kind = rows.text("kind"),
                     .destination = rows.text("destination"),
                     .subject = rows.text("subject"),
                     .message_id = rows.text("message_id"),
                     .properties = rows.text("properties"),
                     .body = rows.text("body"),
                     .tries = static_cast<int>(rows.integer("tries"))});
  }
  return found;
}

int drop_sent(Connection& connection, const std::vector<OutboxId>& ids) {
  int dropped = 0;
  for (const auto id : ids) {
    auto row = connection.use(sql::kDropMessage);
    if (!row.bind(":id", id.value()).step()) continue;  // the operator was faster
    ++dropped;
    row.run();
  }
  return dropped;
}

int put_back(Connection& connection, const std::vector<Refusal>& refusals, int most_tries) {
  int set_aside = 0;
  for (const auto& refusal : refusals) {
    auto row = connection.use(sql::kPutBack);
    row.bind(":id", refusal.id.value())
        .bind(":problem", refusal.reason)
        .bind(":next_try", refusal.next_try.time_since_epoch().count())
        .bind(":most_tries", most_tries);
    if (!row.step() || row.text("state") == "waiting") continue;
    ++set_aside;
    connection.use(sql::kHoldSubject)
        .bind(":channel", row.text("channel"))
        .bind(":subject", row.text("subject"))
        .run();
  }
  return set_aside;
}

OutboxCounts count_outbox(Connection& connection) {
  const auto count = [&](const char* sql) {
    auto row = connection.use(sql);
    return row.step() ? row.integer("messages") : 0;
  };
  const auto set_aside = count(sql::kCountSetAside);
  return {.waiting = count(sql::kCountAll) - set_aside, .set_aside = set_aside};
}

void release_subject(Connection& connection, std::string_view channel, std::string_view subject) {
  connection.use(sql::kReleaseSubject).bind(":channel", channel).bind(":subject", subject).run();
}

}  // namespace iib::store
