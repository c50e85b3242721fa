#include "catalog/working_copy.hpp"

#include "catalog/migration.hpp"
#include "catalog/schema.hpp"
#include "iib/base/error.hpp"
#include "iib/catalog/problem.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>

namespace iib::catalog {
namespace {

namespace fs = std::filesystem;

/// Compacting pays when it saves more than this part of the file (catalog-sqlite 9).
constexpr double kWorthCompacting = 0.2;
constexpr mode_t kIndexMode = 0644;

Refused unusable(std::string text) {
  return Refused{{{.kind = ProblemKind::invalid_index,
                   .bundle = {},
                   .pull_spec = {},
                   .package = {},
                   .channel = {},
                   .text = std::move(text)}}};
}

ExternalError file_error(const fs::path& path, std::string_view action, int code) {
  return ExternalError{fmt::format("index database {} cannot be {}: {}", path.string(), action,
                                   std::generic_category().message(code)),
                       ExternalError::Retry::no};
}

void refuse_other_files(const fs::path& path) {
  constexpr std::string_view kMagic{"SQLite format 3\0", 16};
  std::ifstream file{path, std::ios::binary};
  if (!file) throw file_error(path, "read", errno);
  std::array<char, kMagic.size()> header{};
  file.read(header.data(), header.size());
  const auto length = static_cast<std::size_t>(file.gcount());
  // An empty file is an empty database to SQLite.
  if (length > 0 && std::string_view{header.data(), length} != kMagic) {
    throw unusable(fmt::format("{} is not an SQLite database, so it is no index", path.string()));
  }
}

/// Undoes what a change in place left when it was killed: the main file alone is not the index
/// then, and a reader that may only read cannot put it right. A journal whose change had not
/// reached the main file yet is of no use either; with the exclusive lock it is nobody's.
void recover(const fs::path& path) {
  std::error_code error;
  const auto journal = fs::path{path} += "-journal";
  if (!fs::exists(journal, error)) return;
  auto database = IndexDatabase::open_in_place(path);
  database.execute("BEGIN EXCLUSIVE");
  fs::remove(journal, error);
  database.execute("ROLLBACK");
}

/// Shares the blocks where the file system can, so that size does not matter.
bool clone(const fs::path& from, const fs::path& to) {
  const int source = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (source < 0) return false;
  const int target = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kIndexMode);
  const bool cloned = target >= 0 && ::ioctl(target, FICLONE, source) == 0;
  if (target >= 0) ::close(target);
  ::close(source);
  return cloned;
}

void copy_source(const fs::path& from, const fs::path& to) {
  refuse_other_files(from);
  recover(from);
  if (clone(from, to)) return;
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error) throw file_error(from, "copied", error.value());
}

[[noreturn]] void refuse_version(int version) {
  throw unusable(
      fmt::format("the index database has schema version {}, which is too old: the "
                  "oldest that can be used is {}",
                  version, kOldestSchemaVersion));
}

/// Whether the copy can be used; one that is too old and empty is begun anew instead.
bool is_usable(IndexDatabase& database) {
  const auto version = schema_version(database).value_or(-1);
  if (version >= kOldestSchemaVersion) return true;
  if (is_empty_index(database)) return false;
  refuse_version(version);
}

/// Brings the copy to the schema of 1.1.
void prepare_schema(IndexDatabase& database) {
  const auto version = schema_version(database).value_or(-1);
  if (version < kSchemaVersion) migrate_schema(database, version);
  try {
    check_tables(database);
  } catch (const Refused& refused) {
    if (version <= kSchemaVersion) throw;
    throw unusable(fmt::format("the index database has schema version {}, newer than {}, and {}",
                               version, kSchemaVersion, refused.what()));
  }
}

IndexDatabase open_usable(const fs::path& path) {
  {
    auto database = IndexDatabase::open_working_copy(path);
    if (is_usable(database)) return database;
  }
  fs::remove(path);
  auto database = IndexDatabase::open_working_copy(path);
  create_schema(database);
  return database;
}

void publish(const fs::path& file, const fs::path& result) {
  if (::chmod(file.c_str(), kIndexMode) != 0) throw file_error(file, "made readable", errno);
  std::error_code error;
  fs::rename(file, result, error);
  if (error) throw file_error(result, "written", error.value());
}

/// What is left of a change once its transaction has begun. Returns whether to compact the file.
bool change_rows(IndexDatabase& database, Deletions deletions,
                 const std::function<void(IndexDatabase&)>& change) {
  prepare_schema(database);
  if (deletions == Deletions::expected) add_working_schema(database);
  change(database);
  if (deletions == Deletions::expected) remove_working_schema(database);
  database.execute("COMMIT");
  database.finish();
  return database.free_share() > kWorthCompacting;
}

/// Changes and closes the copy `path`; returns whether it should be compacted.
bool change_file(const fs::path& path, Deletions deletions,
                 const std::function<void(IndexDatabase&)>& change) {
  auto database = open_usable(path);
  database.execute("BEGIN");
  return change_rows(database, deletions, change);
}

/// Changes `path` itself; false when that is no index of ours to change but one to begin anew.
bool change_in_place(const fs::path& path, Deletions deletions,
                     const std::function<void(IndexDatabase&)>& change) {
  refuse_other_files(path);
  auto database = IndexDatabase::open_in_place(path);
  database.execute("BEGIN EXCLUSIVE");  // nobody else may change what was checked
  if (!is_usable(database)) return false;
  if (change_rows(database, deletions, change)) {
    try {
      database.execute("VACUUM");
    } catch (const SQLite::Exception&) {
      // Where there is no room for a second copy the file stays large; the change itself is done.
    }
  }
  return true;
}

fs::path compact(const fs::path& path) {
  auto compacted = path.parent_path() / "compacted.db";
  auto database = IndexDatabase::open_read_only(path);
  auto vacuum = database.use("VACUUM INTO :path");
  vacuum->bind(":path", compacted.string());
  vacuum->exec();
  return compacted;
}

}  // namespace

void translate_sqlite_errors(const fs::path& path, const std::function<void()>& step) {
  try {
    step();
  } catch (const SQLite::Exception& error) {
    switch (error.getErrorCode()) {
      case SQLITE_FULL:
      case SQLITE_IOERR:
      case SQLITE_CANTOPEN:
      case SQLITE_NOMEM:
        throw ExternalError{
            fmt::format("index database {} cannot be used: {}", path.string(), error.what()),
            ExternalError::Retry::no};
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        throw ExternalError{
            fmt::format("index database {} is in use by another program: try again when that is "
                        "done",
                        path.string()),
            ExternalError::Retry::yes};
      case SQLITE_READONLY:
      case SQLITE_PERM:
        throw ExternalError{fmt::format("index database {} may not be written", path.string()),
                            ExternalError::Retry::no};
      case SQLITE_NOTADB:
      case SQLITE_CORRUPT:
        throw unusable(fmt::format("{} is damaged or not an SQLite database: {}", path.string(),
                                   error.what()));
      default:
        throw unusable(
            fmt::format("index database {} cannot be used: {}", path.string(), error.what()));
    }
  }
}

fs::path change_copy(const std::optional<fs::path>& from, const Work& work,
                     const std::function<void(IndexDatabase&)>& change, Deletions deletions) {
  const TempDir scratch{work.directory, "index-"};
  const auto copy = scratch.path() / "index.db";
  auto finished = copy;
  translate_sqlite_errors(from.value_or(copy), [&] {
    if (from) copy_source(*from, copy);
    if (change_file(copy, deletions, change)) finished = compact(copy);
  });
  // The scratch directory's name is unique, so the result's is, too.
  auto result = work.directory / (scratch.path().filename().string() + ".db");
  publish(finished, result);
  return result;
}

fs::path change_index(const std::optional<fs::path>& from, const Work& work, Deletions deletions,
                      const std::function<void(IndexDatabase&)>& change) {
  if (from && work.source_use == SourceUse::in_place) {
    bool changed = false;
    translate_sqlite_errors(*from, [&] { changed = change_in_place(*from, deletions, change); });
    if (changed) return *from;
  }
  return change_copy(from, work, change, deletions);
}

IndexDatabase open_for_reading(const fs::path& path) {
  refuse_other_files(path);
  recover(path);
  auto database = IndexDatabase::open_read_only(path);
  const auto version = schema_version(database);
  if (version.value_or(-1) < kOldestSchemaVersion && !is_empty_index(database)) {
    refuse_version(version.value_or(-1));
  }
  return database;
}

}  // namespace iib::catalog
