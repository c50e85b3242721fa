#include "store/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace iib::store {
namespace {

// Another program (a backup, sqlite3 in a shell) may hold the lock for a moment.
constexpr int kBusyTimeoutMs = 5000;

// A burst of writing must not leave a large write-ahead log behind for good.
constexpr auto kLogSizeLimit = "PRAGMA journal_size_limit = 67108864";

int open_flags() {
  // A connection is used by one thread at a time, so SQLite need not lock it.
  return SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX;
}

}  // namespace

Use::~Use() {
  // The result of resetting repeats the failure of the last step, which has been thrown already.
  static_cast<void>(statement_.tryReset());
  try {
    statement_.clearBindings();
  } catch (const SQLite::Exception&) {
    // sqlite3_clear_bindings has no failure to report
  }
}

int Use::run() {
  while (statement_.executeStep()) {
  }
  return statement_.getChanges();
}

std::int64_t Use::integer(const char* column) const {
  return statement_.getColumn(column).getInt64();
}

std::string Use::text(const char* column) const {
  return statement_.getColumn(column).getString();
}

std::optional<std::int64_t> Use::maybe_integer(const char* column) const {
  const auto value = statement_.getColumn(column);
  if (value.isNull()) return std::nullopt;
  return value.getInt64();
}

std::optional<std::string> Use::maybe_text(const char* column) const {
  auto value = statement_.getColumn(column);
  if (value.isNull()) return std::nullopt;
  return value.getString();
}

Connection::Connection(const std::filesystem::path& database, Mode mode)
    : database_{database.string(), open_flags(), kBusyTimeoutMs} {
  execute("PRAGMA foreign_keys = ON");
  switch (mode) {
    case Mode::read:
      execute("PRAGMA query_only = ON");
      break;
    case Mode::write:
      execute("PRAGMA synchronous = FULL");
      execute("PRAGMA secure_delete = ON");
      execute(kLogSizeLimit);
      break;
  }
}

Use Connection::use(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) statement = std::make_unique<SQLite::Statement>(database_, sql);
  return Use{*statement};
}

std::int64_t Connection::number(const char* sql) {
  SQLite::Statement statement{database_, sql};
  statement.executeStep();
  return statement.getColumn(0).getInt64();
}

bool Connection::in_transaction() {
  return sqlite3_get_autocommit(database_.getHandle()) == 0;
}

ExternalError database_error(const std::filesystem::path& database,
                             const SQLite::Exception& error) {
  switch (error.getErrorCode()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ExternalError{fmt::format("the database {} is locked by another program: {}; end it "
                                       "or wait until it is done",
                                       database.string(), error.what()),
                           ExternalError::Retry::yes};
    case SQLITE_FULL:
      return ExternalError{fmt::format("the database {} cannot grow: {}; make room on its disk",
                                       database.string(), error.what()),
                           ExternalError::Retry::yes};
    case SQLITE_CORRUPT:
      return ExternalError{fmt::format("the database {} is damaged: {}; restore a backup copy",
                                       database.string(), error.what()),
                           ExternalError::Retry::no};
    default:
      return ExternalError{
          fmt::format("the database {} failed: {}; look at its disk and at the rights on it",
                      database.string(), error.what()),
          ExternalError::Retry::no};
  }
}

}  // namespace iib::store
