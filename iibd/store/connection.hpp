#pragma once

#include "iib/base/error.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <concepts>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace iib::store {

/// A statement, prepared once. Columns and parameters are asked for by name; where they stand is
/// remembered by the name's address, because the names are literals.
class Prepared {
 public:
  Prepared(sqlite3* connection, const char* sql);

  [[nodiscard]] sqlite3_stmt* handle() const noexcept { return handle_.get(); }
  [[nodiscard]] int parameter(const char* name);
  [[nodiscard]] int column(const char* name);
  /// Throws unless `code` says that all went well.
  void check(int code) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  using Places = std::vector<std::pair<const char*, int>>;

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  Places parameters_;
  Places columns_;
};

/// One run of a prepared statement: bind, step, read. Resets the statement and clears its bindings
/// on every way out. Two runs of one statement must not overlap.
class Use {
 public:
  explicit Use(Prepared& statement) noexcept : statement_{statement} {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use();

  /// Binds the parameter `name`, such as `:id`. Nothing and nullptr bind null.
  template <class Value>
  Use& bind(const char* name, const Value& value) {
    if constexpr (std::convertible_to<const Value&, std::string_view>) {
      bind_text(name, value);
    } else {
      bind_integer(name, static_cast<std::int64_t>(value));
    }
    return *this;
  }
  template <class Value>
  Use& bind(const char* name, const std::optional<Value>& value) {
    return value ? bind(name, *value) : bind(name, nullptr);
  }
  Use& bind(const char* name, std::nullptr_t);
  Use& bind_blob(const char* name, std::string_view bytes);

  /// The next row; false after the last.
  bool step();
  /// Steps to the end; the number of rows it changed (triggers not counted).
  int run();

  [[nodiscard]] std::int64_t integer(const char* column) const;
  [[nodiscard]] std::string text(const char* column) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(const char* column) const;
  [[nodiscard]] std::optional<std::string> maybe_text(const char* column) const;

 private:
  void bind_text(const char* name, std::string_view text);
  void bind_integer(const char* name, std::int64_t number);

  Prepared& statement_;
  bool done_ = false;
};

/// Settings of SQLite for the whole process; in force when no connection was opened before.
void configure_sqlite() noexcept;

/// A connection and its prepared statements. Used by one thread at a time.
class Connection {
 public:
  enum class Mode { read, write };
  Connection(const std::filesystem::path& database, Mode mode);

  /// `sql` is a named constant: it is prepared at its first use and known by its address.
  [[nodiscard]] Use use(const char* sql);
  /// Runs statements that have no values and give no rows.
  void execute(const char* sql) { database_.exec(sql); }
  /// The first column of the only row of `sql`.
  [[nodiscard]] std::int64_t number(const char* sql);
  /// Whether a transaction is open: some failures end it.
  [[nodiscard]] bool in_transaction();
  [[nodiscard]] SQLite::Database& database() noexcept { return database_; }

 private:
  SQLite::Database database_;
  std::unordered_map<const char*, Prepared> statements_;
};

/// What a caller gets for `error`: an ExternalError that names the file and whether to try again.
[[nodiscard]] ExternalError database_error(const std::filesystem::path& database,
                                           const SQLite::Exception& error);

/// Runs `operation` so that failures of the database come out as ExternalError.
template <class Operation>
auto translating_errors(const std::filesystem::path& database, Operation&& operation) {
  try {
    return operation();
  } catch (const SQLite::Exception& error) {
    throw database_error(database, error);
  }
}

}  // namespace iib::store
