#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace iib::catalog {

/// A prepared statement while it is used: reset, its bindings cleared, on every way out.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) noexcept : statement_{statement} {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use();
  SQLite::Statement* operator->() noexcept { return &statement_; }
  SQLite::Statement& operator*() noexcept { return statement_; }

 private:
  SQLite::Statement& statement_;
};

/// Whether statements check foreign keys and follow their cascades.
enum class ForeignKeys { ignored, enforced };

/// A connection to an index database. Not shared between threads.
class IndexDatabase {
 public:
  /// Opens `path` to change it in place: a working copy that is thrown away when anything fails,
  /// hence without a journal and without syncing. Makes it when absent.
  [[nodiscard]] static IndexDatabase open_working_copy(const std::filesystem::path& path);
  /// Opens `path` to change it for good: with a rollback journal beside it, and synced.
  [[nodiscard]] static IndexDatabase open_in_place(const std::filesystem::path& path);
  /// Opens `path` for reading.
  [[nodiscard]] static IndexDatabase open_read_only(const std::filesystem::path& path);

  /// The statement `sql`, prepared once. Two uses of the same one must not overlap.
  [[nodiscard]] Use use(std::string_view sql);
  /// Runs `sql`, which may be several statements.
  void execute(std::string_view sql);
  /// Whether the query `sql` gives a row. Not kept prepared.
  [[nodiscard]] bool has_row(std::string_view sql);
  /// Whether foreign keys are enforced, and deletions cascade; also inside a transaction, which
  /// PRAGMA foreign_keys cannot. Checking is what makes a change of a graph slow: each deleted
  /// entry is looked for in all others.
  void set_foreign_keys(ForeignKeys keys);
  /// The rows changed by the last statement.
  [[nodiscard]] int changes() const noexcept { return database_->getChanges(); }
  /// The part of the file that holds nothing, between 0 and 1.
  [[nodiscard]] double free_share();
  /// Turns the finished file into one like any other: rollback journal, nothing pending.
  void finish();

 private:
  explicit IndexDatabase(std::unique_ptr<SQLite::Database> database);

  std::unique_ptr<SQLite::Database> database_;
  std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
};

/// Binds `text`, or NULL when it is empty.
void bind_or_null(SQLite::Statement& statement, const char* parameter, const std::string& text);

/// Binds the bytes of `text` as a blob, without a copy: `text` must outlive the use.
void bind_blob(SQLite::Statement& statement, const char* parameter, const std::string& text);

}  // namespace iib::catalog
