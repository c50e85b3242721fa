#include "store/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace iib::store {
namespace {

// Another program (a backup, sqlite3 in a shell) may hold the lock for a moment.
constexpr int kBusyTimeoutMs = 5000;

// Reading maps this much of the database instead of copying page after page, which costs a fifth of
// the time of a GET once ids are spread over more than SQLite's own cache. The price: a disk that
// cannot read a page ends the process, which comes back as after any death, instead of one answer.
// Writing never maps.
constexpr auto kMapped = "PRAGMA mmap_size = 268435456";

// A burst of writing must not leave a large write-ahead log behind for good.
constexpr auto kLogSizeLimit = "PRAGMA journal_size_limit = 67108864";

int open_flags() {
  // A connection is used by one thread at a time, so SQLite need not lock it.
  return SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX;
}

/// Where `name` stands, looked up with `find` the first time.
template <class Find>
int place_of(std::vector<std::pair<const char*, int>>& places, const char* name, Find find) {
  for (const auto& [known, place] : places) {
    if (known == name) return place;
  }
  return places.emplace_back(name, find()).second;
}

}  // namespace

void Prepared::Finalize::operator()(sqlite3_stmt* handle) const noexcept {
  sqlite3_finalize(handle);
}

Prepared::Prepared(sqlite3* connection, const char* sql) {
  sqlite3_stmt* handle = nullptr;
  const int code =
      sqlite3_prepare_v3(connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) throw SQLite::Exception{connection, code};
  handle_.reset(handle);
}

int Prepared::parameter(const char* name) {
  return place_of(parameters_, name, [&] { return sqlite3_bind_parameter_index(handle(), name); });
}

int Prepared::column(const char* name) {
  return place_of(columns_, name, [&] {
    const int count = sqlite3_column_count(handle());
    int at = 0;
    while (at < count && std::string_view{sqlite3_column_name(handle(), at)} != name) ++at;
    if (at == count) throw Error{fmt::format("internal error: no column {}", name)};
    return at;
  });
}

void Prepared::check(int code) const {
  if (code != SQLITE_OK) throw SQLite::Exception{sqlite3_db_handle(handle()), code};
}

Use::~Use() {
  // The result of resetting repeats the failure of the last step, which has been thrown already.
  sqlite3_reset(statement_.handle());
  sqlite3_clear_bindings(statement_.handle());
}

Use& Use::bind(const char* name, std::nullptr_t) {
  statement_.check(sqlite3_bind_null(statement_.handle(), statement_.parameter(name)));
  return *this;
}

Use& Use::bind_blob(const char* name, std::string_view bytes) {
  statement_.check(sqlite3_bind_blob64(statement_.handle(), statement_.parameter(name),
                                       bytes.data(), bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

void Use::bind_text(const char* name, std::string_view text) {
  // A null pointer would bind null.
  statement_.check(sqlite3_bind_text64(statement_.handle(), statement_.parameter(name),
                                       text.empty() ? "" : text.data(), text.size(),
                                       SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Use::bind_integer(const char* name, std::int64_t number) {
  statement_.check(sqlite3_bind_int64(statement_.handle(), statement_.parameter(name), number));
}

bool Use::step() {
  if (done_) return false;  // SQLite would begin again
  const int code = sqlite3_step(statement_.handle());
  if (code == SQLITE_ROW) return true;
  done_ = true;
  if (code != SQLITE_DONE) statement_.check(code);
  return false;
}

int Use::run() {
  while (step()) {
  }
  return sqlite3_changes(sqlite3_db_handle(statement_.handle()));
}

std::int64_t Use::integer(const char* column) const {
  return sqlite3_column_int64(statement_.handle(), statement_.column(column));
}

std::string Use::text(const char* column) const {
  return maybe_text(column).value_or(std::string{});
}

std::optional<std::int64_t> Use::maybe_integer(const char* column) const {
  const int at = statement_.column(column);
  if (sqlite3_column_type(statement_.handle(), at) == SQLITE_NULL) return std::nullopt;
  return sqlite3_column_int64(statement_.handle(), at);
}

std::optional<std::string> Use::maybe_text(const char* column) const {
  const int at = statement_.column(column);
  const void* const bytes = sqlite3_column_blob(statement_.handle(), at);
  if (bytes == nullptr && sqlite3_column_type(statement_.handle(), at) == SQLITE_NULL) {
    return std::nullopt;
  }
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle(), at));
  return size == 0 ? std::string{} : std::string{static_cast<const char*>(bytes), size};
}

void configure_sqlite() noexcept {
  // Counting takes a lock at every allocation, one for all connections; nobody asks for the sum.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

Connection::Connection(const std::filesystem::path& database, Mode mode)
    : database_{database.string(), open_flags(), kBusyTimeoutMs} {
  execute("PRAGMA foreign_keys = ON");
  switch (mode) {
    case Mode::read:
      execute("PRAGMA query_only = ON");
      execute(kMapped);
      break;
    case Mode::write:
      execute("PRAGMA synchronous = FULL");
      execute("PRAGMA secure_delete = ON");
      execute(kLogSizeLimit);
      break;
  }
}

Use Connection::use(const char* sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return Use{known->second};
  return Use{statements_.try_emplace(sql, database_.getHandle(), sql).first->second};
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
