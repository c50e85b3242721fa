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

namespace iib::store {

/// One run of a prepared statement: bind, step, read. Resets the statement and clears its bindings
/// on every way out. Two runs of one statement must not overlap.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) noexcept : statement_{statement} {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use();

  /// Binds the parameter `name`, such as `:id`. Nothing and nullptr bind null.
  template <class Value>
  Use& bind(const char* name, const Value& value) {
    if constexpr (std::convertible_to<const Value&, std::string_view>) {
      statement_.bind(name, std::string{std::string_view{value}});
    } else {
      statement_.bind(name, static_cast<std::int64_t>(value));
    }
    return *this;
  }
  template <class Value>
  Use& bind(const char* name, const std::optional<Value>& value) {
    return value ? bind(name, *value) : bind(name, nullptr);
  }
  Use& bind(const char* name, std::nullptr_t) {
    statement_.bind(name);
    return *this;
  }
  Use& bind_blob(const char* name, std::string_view bytes) {
    statement_.bind(name, bytes.data(), static_cast<int>(bytes.size()));
    return *this;
  }

  /// The next row; false after the last.
  bool step() { return statement_.executeStep(); }
  /// Steps to the end; the number of rows it changed (triggers not counted).
  int run();

  [[nodiscard]] std::int64_t integer(const char* column) const;
  [[nodiscard]] std::string text(const char* column) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(const char* column) const;
  [[nodiscard]] std::optional<std::string> maybe_text(const char* column) const;

 private:
  SQLite::Statement& statement_;
};

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
  std::unordered_map<const char*, std::unique_ptr<SQLite::Statement>> statements_;
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
