#include "iib/base/error.hpp"
#include "iib/store/outbox.hpp"
#include "store/connection.hpp"
#include "store/embedded_sql.hpp"
#include "store/outbox_queue.hpp"
#include "store/sql/outbox.hpp"

#include <fmt/format.h>

#include <system_error>

namespace iib::store {
namespace {

constexpr auto kBegin = "BEGIN IMMEDIATE";
constexpr auto kCommit = "COMMIT";

/// A connection beside those of a daemon that may be running.
Connection open_existing(const std::filesystem::path& database, Connection::Mode mode) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(database, ignored)) {
    throw UserError{
        fmt::format("there is no database {}; look at iib_database", database.string())};
  }
  Connection connection{database, mode};
  const auto version = connection.number("PRAGMA user_version");
  if (version == migrations().back().number) return connection;
  throw UserError{
      fmt::format("the database {} has version {}, this iibd works with {}; use the iibd that the "
                  "daemon is, or "
                  "`iibd db upgrade`",
                  database.string(), version, migrations().back().number)};
}

/// Runs `change` in a transaction; a throw undoes it with the connection.
template <class Change>
int change_messages(const std::filesystem::path& database, Change change) {
  return translating_errors(database, [&] {
    auto connection = open_existing(database, Connection::Mode::write);
    connection.use(kBegin).run();
    const int changed = change(connection);
    connection.use(kCommit).run();
    return changed;
  });
}

std::vector<OutboxId> all_set_aside(Connection& connection) {
  auto rows = connection.use(sql::kSetAside);
  std::vector<OutboxId> ids;
  while (rows.step()) ids.emplace_back(rows.integer("id"));
  return ids;
}

OutboxEntry::State state_of(std::string_view name) {
  if (name == "waiting") return OutboxEntry::State::waiting;
  return name == "held" ? OutboxEntry::State::held : OutboxEntry::State::set_aside;
}

OutboxEntry entry_of(const Use& row) {
  return {.id = OutboxId{row.integer("id")},
          .state = state_of(row.text("state")),
          .channel = row.text("channel"),
          .kind = row.text("kind"),
          .destination = row.text("destination"),
          .subject = row.text("subject"),
          .message_id = row.text("message_id"),
          .written = Timestamp{std::chrono::microseconds{row.integer("updated")}},
          .tries = static_cast<int>(row.integer("tries")),
          .problem = row.maybe_text("problem")};
}

}  // namespace

std::string_view to_string(OutboxEntry::State state) noexcept {
  switch (state) {
    case OutboxEntry::State::waiting:
      return "waiting";
    case OutboxEntry::State::held:
      return "held";
    case OutboxEntry::State::set_aside:
      return "set aside";
  }
  return {};
}

std::vector<OutboxEntry> list_messages(const std::filesystem::path& database, OutboxView view,
                                       std::size_t most) {
  return translating_errors(database, [&] {
    auto connection = open_existing(database, Connection::Mode::read);
    auto rows = connection.use(view == OutboxView::all ? sql::kListMessages : sql::kListSetAside);
    rows.bind(":most", most);
    std::vector<OutboxEntry> entries;
    while (rows.step()) entries.push_back(entry_of(rows));
    return entries;
  });
}

OutboxCounts count_messages(const std::filesystem::path& database) {
  return translating_errors(database, [&] {
    auto connection = open_existing(database, Connection::Mode::read);
    return count_outbox(connection);
  });
}

int retry_messages(const std::filesystem::path& database, const std::vector<OutboxId>& ids) {
  return change_messages(database, [&](Connection& connection) {
    const auto chosen = ids.empty() ? all_set_aside(connection) : ids;
    for (const auto id : chosen) {
      auto row = connection.use(sql::kRetryMessage);
      if (!row.bind(":id", id.value()).step()) {
        throw UserError{fmt::format(
            "message {} is not set aside; `iibd outbox list` shows those that are", id.value())};
      }
      release_subject(connection, row.text("channel"), row.text("subject"));
    }
    return static_cast<int>(chosen.size());
  });
}

int drop_messages(const std::filesystem::path& database, const std::vector<OutboxId>& ids) {
  return change_messages(database, [&](Connection& connection) {
    const auto chosen = ids.empty() ? all_set_aside(connection) : ids;
    for (const auto id : chosen) {
      auto row = connection.use(sql::kDropMessage);
      if (!row.bind(":id", id.value()).step()) {
        throw UserError{fmt::format(
            "there is no message {}; `iibd outbox list --all` shows what there is", id.value())};
      }
      if (row.text("state") != "set aside") continue;
      release_subject(connection, row.text("channel"), row.text("subject"));
    }
    return static_cast<int>(chosen.size());
  });
}

}  // namespace iib::store
