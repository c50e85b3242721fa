#include "invariants.hpp"

#include "iib/base/files.hpp"
#include "iib/io/json.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>
#include <set>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

struct Invariant {
  const char* promise;
  /// Counts what breaks it.
  const char* violations;
};

// States: 1 in_progress, 2 complete, 3 failed. Types 1 and 2 are add and rm.
constexpr std::array kInvariants{
    Invariant{"every reference refers to a row", "SELECT count(*) FROM pragma_foreign_key_check"},
    Invariant{"the state of a request is that of its newest history entry",
              "SELECT count(*) FROM request WHERE state IS NOT (SELECT state FROM request_state "
              "WHERE request_id = request.id ORDER BY id DESC LIMIT 1)"},
    Invariant{"a final state is final",
              "SELECT count(*) FROM request_state AS older JOIN request_state AS newer "
              "ON newer.request_id = older.request_id AND newer.id > older.id "
              "WHERE older.state <> 1 AND newer.state <> older.state"},
    Invariant{"a request ends once",
              "SELECT count(*) FROM (SELECT 1 FROM request_state WHERE state <> 1 "
              "GROUP BY request_id HAVING count(*) > 1)"},
    Invariant{"every request has one job",
              "SELECT count(*) FROM request WHERE (SELECT count(*) FROM job "
              "WHERE request_id = request.id) <> 1"},
    Invariant{"a job is done exactly when its request has ended",
              "SELECT count(*) FROM job JOIN request ON request.id = job.request_id "
              "WHERE (job.state = 'done') <> (request.state <> 1)"},
    Invariant{"a job that is done has no secrets and no owner",
              "SELECT count(*) FROM job WHERE state = 'done' AND (secrets IS NOT NULL "
              "OR owner IS NOT NULL OR lease_until IS NOT NULL)"},
    Invariant{"no two jobs with one ordering key run at once",
              "SELECT count(*) FROM (SELECT 1 FROM job WHERE state = 'running' "
              "AND ordering_key IS NOT NULL GROUP BY ordering_key HAVING count(*) > 1)"},
    Invariant{"the counts of a batch are those of its requests",
              "SELECT count(*) FROM batch WHERE "
              "requests <> (SELECT count(*) FROM request WHERE batch_id = batch.id) OR "
              "in_progress <> (SELECT count(*) FROM request WHERE batch_id = batch.id AND "
              "state = 1) OR failed <> (SELECT count(*) FROM request WHERE batch_id = batch.id "
              "AND state = 3)"},
    Invariant{"request_tally counts the requests",
              "WITH counted AS ("
              "SELECT -1, -1, id / 4096, type, state, count(*) FROM request GROUP BY 3, 4, 5 "
              "UNION ALL SELECT ifnull(user_id, 0), -1, id / 4096, type, state, count(*) "
              "FROM request GROUP BY 1, 3, 4, 5 "
              "UNION ALL SELECT -1, ifnull(from_index_id, 0), id / 4096, type, state, count(*) "
              "FROM request GROUP BY 2, 3, 4, 5 "
              "UNION ALL SELECT ifnull(user_id, 0), ifnull(from_index_id, 0), id / 4096, type, "
              "state, count(*) FROM request GROUP BY 1, 2, 3, 4, 5) "
              "SELECT (SELECT count(*) FROM (SELECT * FROM counted EXCEPT SELECT * FROM "
              "request_tally)) + (SELECT count(*) FROM (SELECT * FROM request_tally EXCEPT "
              "SELECT * FROM counted))"},
    Invariant{"an image is marked as from_index exactly when a request has it so",
              "SELECT count(*) FROM image WHERE used_as_from_index <> EXISTS "
              "(SELECT 1 FROM request WHERE from_index_id = image.id)"},
    Invariant{"a complete add or rm has its index image",
              "SELECT count(*) FROM request WHERE type IN (1, 2) AND state = 2 "
              "AND index_image_id IS NULL"},
};

/// The database of a state directory and its write-ahead log, somewhere else.
class Copy {
 public:
  explicit Copy(const fs::path& state)
      : directory_{fs::temp_directory_path(), "copy-"},
        database_{copied(state, directory_.path()).string(), SQLite::OPEN_READWRITE} {}

  SQLite::Database& database() { return database_; }

 private:
  static fs::path copied(const fs::path& state, const fs::path& target) {
    for (const auto* name : {"iibd.db", "iibd.db-wal"}) {
      if (fs::exists(state / name)) fs::copy_file(state / name, target / name);
    }
    return target / "iibd.db";
  }

  TempDir directory_;
  SQLite::Database database_;
};

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  if (!fs::exists(directory)) return names;
  for (const auto& entry : fs::directory_iterator{directory}) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

/// The elements of a JSON array in `file`; 0 when there is none.
std::size_t elements_in(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  if (text.empty()) return 0;
  const auto document = io::parse_json(text);
  return document.IsArray() ? document.Size() : 0;
}

}  // namespace

std::vector<std::string> broken_invariants(const fs::path& state) {
  Copy copy{state};
  std::vector<std::string> broken;
  const auto check = copy.database().execAndGet("PRAGMA integrity_check").getString();
  if (check != "ok") broken.push_back("integrity_check: " + check);
  for (const auto& invariant : kInvariants) {
    const auto count = copy.database().execAndGet(invariant.violations).getInt64();
    if (count != 0) broken.push_back(fmt::format("{}: {} times not", invariant.promise, count));
  }
  return broken;
}

long long number_in(const fs::path& state, const std::string& sql) {
  Copy copy{state};
  return copy.database().execAndGet(sql).getInt64();
}

std::vector<std::string> leftovers(const fs::path& state) {
  const std::set<std::string> own{"artifacts", "containers", "iibd.db",    "layers",
                                  "lock",      "programs",   "secret.key", "work"};
  std::vector<std::string> left;
  for (const auto& name : names_in(state)) {
    if (!own.contains(name)) left.push_back(name);
  }
  for (const auto* folder : {"work", "programs"}) {
    for (const auto& name : names_in(state / folder)) left.push_back(folder + ("/" + name));
  }
  for (const auto& name : names_in(state / "layers")) {
    if (name.starts_with("scratch-")) left.push_back("layers/" + name);
  }
  for (const auto& name : names_in(state / "containers")) {
    if (name.starts_with("sweep-")) left.push_back("containers/" + name);
    for (const auto* driver : {"overlay", "vfs"}) {
      const auto list = state / "containers" / name / "root" / fmt::format("{}-containers", driver);
      const auto count = elements_in(list / "containers.json");
      if (count != 0) left.push_back(fmt::format("{} working containers of {}", count, driver));
    }
  }
  return left;
}

}  // namespace iib::test
