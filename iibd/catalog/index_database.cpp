#include "catalog/index_database.hpp"

#include "iib/base/error.hpp"

#include <limits>
#include <utility>

namespace iib::catalog {
namespace {

/// In KiB. Holds the small tables of 10,000 bundles, which an addition passes a few times.
constexpr auto kCacheSize = "PRAGMA cache_size = -8192";
/// A reader of the file is done sooner than this.
constexpr int kBusyMilliseconds = 5'000;

/// Databases come out of images that strangers made: their schema must not call functions of ours,
/// and damaged pages are to be noticed.
void distrust(SQLite::Database& database) {
  database.exec("PRAGMA trusted_schema = OFF");
  database.exec("PRAGMA cell_size_check = ON");
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

/// What both ways of changing share. Debian's SQLite overwrites what is deleted with zeros, which
/// costs as much as writing it did; catalogs are public.
void prepare_to_change(SQLite::Database& database) {
  database.exec("PRAGMA secure_delete = OFF");
  database.exec("PRAGMA foreign_keys = ON");
  database.exec(kCacheSize);
  distrust(database);
}

int blob_size(const std::string& text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw UserError{"a value is too large for an index database"};
  }
  return static_cast<int>(text.size());
}

}  // namespace

Use::~Use() {
  statement_.tryReset();  // noexcept; a failure was reported by the step that caused it
  try {
    statement_.clearBindings();
  } catch (const SQLite::Exception&) {  // cannot fail once reset, but is not declared so
  }
}

IndexDatabase::IndexDatabase(std::unique_ptr<SQLite::Database> database)
    : database_{std::move(database)} {}

IndexDatabase IndexDatabase::open_working_copy(const std::filesystem::path& path) {
  auto database = std::make_unique<SQLite::Database>(path.string(),
                                                     SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  // First out of WAL, should the source have been in it. Defensive mode would forbid OFF.
  database->exec("PRAGMA journal_mode = DELETE");
  database->exec("PRAGMA journal_mode = OFF");
  database->exec("PRAGMA synchronous = OFF");
  database->exec("PRAGMA locking_mode = EXCLUSIVE");
  prepare_to_change(*database);
  return IndexDatabase{std::move(database)};
}

IndexDatabase IndexDatabase::open_in_place(const std::filesystem::path& path) {
  auto database =
      std::make_unique<SQLite::Database>(path.string(), SQLite::OPEN_READWRITE, kBusyMilliseconds);
  database->exec("PRAGMA journal_mode = DELETE");
  database->exec("PRAGMA synchronous = FULL");
  prepare_to_change(*database);
  return IndexDatabase{std::move(database)};
}

IndexDatabase IndexDatabase::open_read_only(const std::filesystem::path& path) {
  auto database = std::make_unique<SQLite::Database>(path.string(), SQLite::OPEN_READONLY);
  distrust(*database);
  return IndexDatabase{std::move(database)};
}

Use IndexDatabase::use(std::string_view sql) {
  auto& statement = statements_[std::string{sql}];
  if (!statement) {
    statement = std::make_unique<SQLite::Statement>(*database_, std::string{sql});
  }
  return Use{*statement};
}

void IndexDatabase::execute(std::string_view sql) {
  database_->exec(std::string{sql});
}

bool IndexDatabase::has_row(std::string_view sql) {
  SQLite::Statement query{*database_, std::string{sql}};
  return query.executeStep();
}

double IndexDatabase::free_share() {
  const auto pages = database_->execAndGet("PRAGMA page_count").getDouble();
  const auto free = database_->execAndGet("PRAGMA freelist_count").getDouble();
  return pages > 0 ? free / pages : 0;
}

void IndexDatabase::set_foreign_keys(ForeignKeys keys) {
  const int on = keys == ForeignKeys::enforced ? 1 : 0;
  sqlite3_db_config(database_->getHandle(), SQLITE_DBCONFIG_ENABLE_FKEY, on, nullptr);
}

void IndexDatabase::finish() {
  statements_.clear();
  // Writing it, equal or not, is a transaction of its own.
  if (database_->execAndGet("PRAGMA user_version").getInt() != 0) {
    database_->exec("PRAGMA user_version = 0");
  }
  sqlite3_db_config(database_->getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
  database_->exec("PRAGMA journal_mode = DELETE");
}

void bind_or_null(SQLite::Statement& statement, const char* parameter, const std::string& text) {
  if (text.empty()) {
    statement.bind(parameter);
  } else {
    statement.bind(parameter, text);
  }
}

void bind_blob(SQLite::Statement& statement, const char* parameter, const std::string& text) {
  statement.bindNoCopy(parameter, static_cast<const void*>(text.data()), blob_size(text));
}

}  // namespace iib::catalog
