#include "store/schema.hpp"

#include "iib/base/error.hpp"
#include "store/connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace iib::store {
namespace {

// The bytes "iibd", as data/schema.sql writes them into the file's header.
constexpr std::int64_t kApplicationId = 1768514148;

ExternalError file_error(const std::filesystem::path& path, std::string_view action, int code) {
  return ExternalError{fmt::format("{} cannot be {}: {}", path.string(), action,
                                   std::generic_category().message(code)),
                       ExternalError::Retry::no};
}

/// Makes an empty file for SQLite to fill, readable by its owner only: it will hold sealed secrets.
void create_private(const std::filesystem::path& path, int extra_flags) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | extra_flags, 0600);
  if (file < 0) throw file_error(path, "made", errno);
  ::close(file);
}

UserError not_ours(const std::filesystem::path& database) {
  return UserError{fmt::format("{} is not a database of iibd; let iib_database name another file",
                               database.string())};
}

/// The version of the database's schema, 0 for an empty one.
int found_version(Connection& connection, const std::filesystem::path& database,
                  const SchemaSource& source) {
  const auto application = connection.number("PRAGMA application_id");
  const auto version = static_cast<int>(connection.number("PRAGMA user_version"));
  if (connection.number("SELECT count(*) FROM sqlite_schema") == 0) return 0;
  if (application != kApplicationId || version < 1) throw not_ours(database);
  if (version > source.version()) {
    throw UserError{fmt::format(
        "the database {} has version {}, but this iibd knows only up to {}: it was used by a newer "
        "iibd; install that one, or restore the backup copy made when it was upgraded",
        database.string(), version, source.version())};
  }
  return version;
}

void run_in_transaction(Connection& connection, std::string_view sql) {
  connection.execute("BEGIN IMMEDIATE");
  try {
    connection.execute(std::string{sql}.c_str());
    connection.execute("COMMIT");
  } catch (...) {
    if (connection.in_transaction()) connection.execute("ROLLBACK");
    throw;
  }
}

/// One step up. Foreign keys are off meanwhile, so that a step may rebuild a table, and are checked
/// before the commit.
void migrate(Connection& connection, const Migration& step) {
  connection.execute("PRAGMA foreign_keys = OFF");
  connection.execute("BEGIN IMMEDIATE");
  try {
    connection.execute(std::string{step.sql}.c_str());
    connection.execute(fmt::format("PRAGMA user_version = {}", step.number).c_str());
    if (connection.number("SELECT count(*) FROM pragma_foreign_key_check") != 0) {
      throw Error{
          fmt::format("migration {:03}-{} left rows that refer to nothing; the database "
                      "is unchanged",
                      step.number, step.name)};
    }
    connection.execute("COMMIT");
  } catch (...) {
    if (connection.in_transaction()) connection.execute("ROLLBACK");
    throw;
  }
  connection.execute("PRAGMA foreign_keys = ON");
}

std::filesystem::path backup_path(const std::filesystem::path& database, int version,
                                  Timestamp now) {
  std::string moment = to_iso8601(now);
  std::erase_if(moment, [](char c) { return c == '-' || c == ':' || c == '.'; });
  return fmt::format("{}.v{}-{}.backup", database.string(), version, moment);
}

Upgrade upgrade(Connection& connection, const std::filesystem::path& database, int version,
                const SchemaSource& source, const Clock& clock, const Log& log) {
  const auto backup = backup_path(database, version, clock.now());
  copy_database(database, backup);
  log.info("database {} is upgraded from version {} to {}; a copy of it as it was is {}",
           database.string(), version, source.version(), backup.string());
  for (const auto& step : source.steps) {
    if (step.number > version) migrate(connection, step);
  }
  return {.from = version, .to = source.version()};
}

Upgrade prepare_existing(const std::filesystem::path& database, const SchemaSource& source,
                         const Clock& clock, const Log& log) {
  Connection connection{database, Connection::Mode::write};
  const int version = found_version(connection, database, source);
  connection.execute("PRAGMA journal_mode = WAL");
  if (version == 0) {
    run_in_transaction(connection, source.schema);
    log.info("database {} was made, version {}", database.string(), source.version());
    return {.from = 0, .to = source.version()};
  }
  if (version == source.version()) return {.from = version, .to = version};
  return upgrade(connection, database, version, source, clock, log);
}

}  // namespace

Upgrade prepare_database(const std::filesystem::path& database, const SchemaSource& source,
                         const Clock& clock, const Log& log) {
  create_private(database, 0);
  try {
    return prepare_existing(database, source, clock, log);
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() == SQLITE_NOTADB) throw not_ours(database);
    throw database_error(database, error);
  }
}

void copy_database(const std::filesystem::path& database, const std::filesystem::path& target) {
  std::filesystem::path partial = target;
  partial += ".partial";
  std::error_code ignored;
  if (std::filesystem::exists(target, ignored)) {
    throw UserError{fmt::format("{} exists already; name a file that does not", target.string())};
  }
  std::filesystem::remove(partial, ignored);  // what a copy that died left behind
  create_private(partial, O_EXCL);
  translating_errors(database, [&] {
    Connection connection{database, Connection::Mode::write};
    SQLite::Statement copy{connection.database(), "VACUUM INTO ?"};
    copy.bind(1, partial.string());
    copy.exec();
  });
  const int file = ::open(partial.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw file_error(partial, "read", errno);
  const int synced = ::fsync(file);
  const int sync_code = errno;
  ::close(file);
  if (synced != 0) throw file_error(partial, "synced", sync_code);
  if (::rename(partial.c_str(), target.c_str()) != 0) throw file_error(target, "made", errno);
}

}  // namespace iib::store
