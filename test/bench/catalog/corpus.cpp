#include "corpus.hpp"

#include "iib/base/files.hpp"
#include "iib/io/json.hpp"
#include "shared_data.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <map>

namespace iib::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLimit = 64UL << 20U;
constexpr std::string_view kLeftOut = "cockroachdb";

std::map<std::string, catalog::BundleSource> sources(const fs::path& shared) {
  std::map<std::string, catalog::BundleSource> found;
  const auto list = io::parse_json(read_file(shared / "corpus" / "bundles.json", kLimit));
  for (const auto& bundle : list.GetArray()) {
    const auto text = [&](std::string_view key) {
      return std::string{io::text_member(bundle, key).value()};
    };
    if (text("package") == kLeftOut) continue;
    catalog::BundleSource source;
    source.pull_spec = text("image");
    source.directory = shared / "corpus" / text("directory");
    found.emplace(text("key"), std::move(source));
  }
  return found;
}

/// Copies one package's rows, its names prefixed. Payloads are copied as they are.
constexpr auto kCopyPackage = R"sql(
  INSERT INTO operatorbundle
    SELECT :p || name, csv, bundle, :p || bundlepath, skiprange, version,
           CASE WHEN replaces <> '' THEN :p || replaces ELSE '' END,
           CASE WHEN skips <> '' THEN :p || replace(skips, ',', ',' || :p) ELSE '' END,
           substitutesfor
      FROM operatorbundle WHERE name IN (SELECT name FROM member);
  INSERT INTO channel
    SELECT name, :p || package_name, :p || head_operatorbundle_name
      FROM channel WHERE package_name = :package;
  INSERT INTO package SELECT :p || name, default_channel FROM package WHERE name = :package;
  INSERT INTO channel_entry
    SELECT entry_id + :offset, channel_name, :p || package_name, :p || operatorbundle_name,
           replaces + :offset, depth
      FROM channel_entry WHERE package_name = :package;
  INSERT INTO related_image
    SELECT image, :p || operatorbundle_name FROM related_image
     WHERE operatorbundle_name IN (SELECT name FROM member);
)sql";

constexpr std::string_view kCopyReferring = R"sql(
  INSERT INTO {0}
    SELECT {1}, :p || operatorbundle_name, operatorbundle_version, :p || operatorbundle_path
      FROM {0} WHERE operatorbundle_name IN (SELECT name FROM member);
)sql";

std::string copy_statements() {
  std::string sql = kCopyPackage;
  for (const auto* table : {"api_provider", "api_requirer"}) {
    sql += fmt::format(fmt::runtime(kCopyReferring), table, "group_name, version, kind");
  }
  for (const auto* table : {"dependencies", "properties"}) {
    sql += fmt::format(fmt::runtime(kCopyReferring), table, "type, value");
  }
  return sql;
}

/// Runs several statements, each with those of the parameters that it has.
void run_all(SQLite::Database& database, const std::string& sql, const std::string& prefix,
             const std::string& package, std::int64_t offset) {
  const char* rest = sql.c_str();
  while (*rest != '\0') {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database.getHandle(), rest, -1, &statement, &rest) != SQLITE_OK) {
      throw SQLite::Exception{database.getHandle()};
    }
    if (statement == nullptr) return;
    const auto at = [&](const char* name) { return sqlite3_bind_parameter_index(statement, name); };
    sqlite3_bind_text(statement, at(":p"), prefix.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(statement, at(":package"), package.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, at(":offset"), offset);
    const auto code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE) throw SQLite::Exception{database.getHandle()};
  }
}

void copy_package(SQLite::Database& database, const std::string& package,
                  const std::string& prefix) {
  static const auto sql = copy_statements();
  const auto offset = database.execAndGet("SELECT max(entry_id) FROM channel_entry").getInt64();
  database.exec("DELETE FROM member");
  SQLite::Statement members{database, R"sql(
    INSERT OR IGNORE INTO member
      SELECT operatorbundle_name FROM channel_entry WHERE package_name = :package
  )sql"};
  members.bind(":package", package);
  members.exec();
  run_all(database, sql, prefix, package, offset);
}

}  // namespace

std::optional<Corpus> Corpus::find() {
  auto shared = test::shared_data();
  if (!shared) return std::nullopt;
  return Corpus{*std::move(shared)};
}

std::vector<catalog::BundleSource> Corpus::all() const {
  std::vector<catalog::BundleSource> bundles;
  for (auto& [key, source] : sources(shared_)) bundles.push_back(source);
  return bundles;
}

std::vector<Step> Corpus::one_by_one() const {
  const auto known = sources(shared_);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{shared_ / "golden" / "catalog"}) {
    if (entry.path().string().ends_with("--replaces-one-by-one.json")) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Step> steps;
  for (const auto& file : files) {
    const auto scenario = io::parse_json(read_file(file, kLimit));
    for (const auto& step : io::find_member(scenario, "steps")->GetArray()) {
      if (!io::find_member(step, "ok")->GetBool()) continue;
      Step bundles;
      for (const auto& key : io::find_member(*io::find_member(step, "op"), "bundles")->GetArray()) {
        const auto found = known.find(std::string{io::as_text(key).value()});
        if (found != known.end()) bundles.push_back(found->second);
      }
      if (!bundles.empty()) steps.push_back(std::move(bundles));
    }
  }
  return steps;
}

std::uintmax_t Corpus::largest_bundle() const {
  std::uintmax_t largest = 0;
  for (const auto& bundle : all()) largest = std::max(largest, bytes_below(bundle.directory));
  return largest;
}

std::uintmax_t bytes_below(const fs::path& directory) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator{directory}) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

void multiply_packages(const fs::path& path, int bundles) {
  SQLite::Database database{path.string(), SQLite::OPEN_READWRITE};
  database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
  database.exec("CREATE TEMP TABLE member (name TEXT PRIMARY KEY)");
  std::vector<std::string> packages;
  SQLite::Statement read{database, "SELECT name FROM package ORDER BY name"};
  while (read.executeStep()) packages.push_back(read.getColumn(0).getString());
  read.reset();
  const auto count = [&] {
    return database.execAndGet("SELECT count(*) FROM operatorbundle").getInt();
  };
  for (int copy = 1, held = count(); held < bundles; ++copy) {
    for (const auto& package : packages) {
      if (held >= bundles) break;
      copy_package(database, package, fmt::format("c{}.", copy));
      held = count();
    }
  }
  database.exec("COMMIT");
}

}  // namespace iib::bench
