#include "store/schema.hpp"

#include "iib/store/maintenance.hpp"
#include "store/connection.hpp"
#include "store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <map>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
namespace fs = std::filesystem;

namespace {

/// `sql` without comments, spaces and quotes: ALTER TABLE writes them in another way than CREATE.
std::string bare(const std::string& sql) {
  std::string kept;
  for (std::size_t at = 0; at < sql.size(); ++at) {
    if (sql.compare(at, 2, "--") == 0) at = std::min(sql.find('\n', at), sql.size());
    if (at < sql.size() && std::string_view{" \n\""}.find(sql[at]) == std::string_view::npos) {
      kept += sql[at];
    }
  }
  return kept;
}

std::map<std::string, std::string> definitions(const fs::path& path) {
  SQLite::Database database{path.string()};
  SQLite::Statement rows{database,
                         "SELECT type || ' ' || name, ifnull(sql, '') FROM sqlite_schema"};
  std::map<std::string, std::string> found;
  while (rows.executeStep()) {
    found[rows.getColumn(0).getString()] = bare(rows.getColumn(1).getString());
  }
  return found;
}

std::int64_t pragma(const fs::path& path, const std::string& name) {
  SQLite::Database database{path.string()};
  SQLite::Statement row{database, "PRAGMA " + name};
  row.executeStep();
  return row.getColumn(0).getInt64();
}

void execute(const fs::path& path, const std::string& sql) {
  SQLite::Database database{path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  database.exec(sql);
}

std::vector<fs::path> backups(const StateDir& state) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator{state.dir.path()}) {
    if (entry.path().extension() == ".backup") found.push_back(entry.path());
  }
  return found;
}

/// The version of this binary.
int current_version() {
  return migrations().back().number;
}

/// The real versions and a step that no release has.
SchemaSource with_next_version(std::vector<Migration>& steps, std::string_view sql) {
  steps = {migrations().begin(), migrations().end()};
  steps.push_back({steps.back().number + 1, "a-test", sql});
  return {.schema = schema_sql(), .steps = steps};
}

}  // namespace

TEST_CASE("the migrations lead to the same database as the schema", "[store]") {
  const TempDir dir{fs::temp_directory_path()};
  execute(dir.path() / "schema.db", std::string{schema_sql()});
  for (const auto& step : migrations()) {
    execute(dir.path() / "migrations.db", std::string{step.sql});
    execute(dir.path() / "migrations.db", "PRAGMA user_version = " + std::to_string(step.number));
  }

  CHECK(definitions(dir.path() / "schema.db") == definitions(dir.path() / "migrations.db"));
  for (const char* name : {"user_version", "application_id"}) {
    CHECK(pragma(dir.path() / "schema.db", name) == pragma(dir.path() / "migrations.db", name));
  }
}

TEST_CASE("migrations are numbered from 1 without gaps", "[store]") {
  int expected = 1;
  for (const auto& step : migrations()) CHECK(step.number == expected++);
}

TEST_CASE("a new database is made private, in WAL mode", "[store]") {
  StateDir state;
  const auto store = state.open();

  CHECK(fs::status(state.database()).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
  SQLite::Database database{state.database().string()};
  CHECK(database.execAndGet("PRAGMA journal_mode").getString() == "wal");
  CHECK(pragma(state.database(), "user_version") == current_version());
}

TEST_CASE("the writer flushes every commit, checks references and overwrites what it deletes",
          "[store]") {
  StateDir state;
  state.open().reset();
  Connection writer{state.database(), Connection::Mode::write};

  CHECK(writer.number("PRAGMA synchronous") == 2);
  CHECK(writer.number("PRAGMA foreign_keys") == 1);
  CHECK(writer.number("PRAGMA secure_delete") == 1);
}

TEST_CASE("a reading connection cannot write", "[store]") {
  StateDir state;
  state.open().reset();
  Connection reader{state.database(), Connection::Mode::read};

  CHECK_THROWS_AS(reader.execute("DELETE FROM user"), SQLite::Exception);
}

TEST_CASE("what was stored is there after opening again", "[store]") {
  StateDir state;
  const auto id = submit_one(*state.open()).id;

  const auto found = state.open()->find(id);

  REQUIRE(found.has_value());
  CHECK(found->facts.from_index == "registry.example.com/catalog/main:v1");
  CHECK(backups(state).empty());
}

TEST_CASE("a newer database is refused, and left as it is", "[store]") {
  StateDir state;
  state.open().reset();
  execute(state.database(), "PRAGMA user_version = 9999");

  CHECK_THROWS_WITH(state.open(), Catch::Contains(state.database().string()) &&
                                      Catch::Contains("9999") && Catch::Contains("newer iibd"));
  CHECK(pragma(state.database(), "user_version") == 9999);
}

TEST_CASE("a database of another program is refused, and left as it is", "[store]") {
  StateDir state;
  execute(state.database(), "CREATE TABLE theirs (id INTEGER)");

  CHECK_THROWS_AS(state.open(), UserError);
  CHECK_THROWS_WITH(state.open(), Catch::Contains("not a database of iibd"));
  CHECK(definitions(state.database()).size() == 1);
}

TEST_CASE("a file that is no database is refused by name", "[store]") {
  StateDir state;
  std::ofstream{state.database()} << std::string(5000, 'x');

  CHECK_THROWS_WITH(state.open(),
                    Catch::Contains(state.database().string() + " is not a database"));
}

TEST_CASE("a database that was cut short is refused by name", "[store]") {
  StateDir state;
  for (int made = 0; made < 20; ++made) submit_one(*state.open());
  fs::resize_file(state.database(), fs::file_size(state.database()) / 2);

  CHECK_THROWS_WITH(submit_one(*state.open()),
                    Catch::Contains(state.database().string() + " is damaged"));
}

TEST_CASE("a folder that is not there is named", "[store]") {
  const TempDir dir{fs::temp_directory_path()};
  const ManualClock clock;

  CHECK_THROWS_WITH(prepare_database(dir.path() / "absent" / "iibd.db", {}, clock, quiet_log()),
                    Catch::Contains("absent/iibd.db cannot be made"));
}

TEST_CASE("an older database is upgraded after a copy was made beside it", "[store]") {
  StateDir state;
  submit_one(*state.open());
  std::vector<Migration> steps;
  const auto source = with_next_version(steps, "ALTER TABLE user ADD COLUMN test TEXT");

  const auto done = prepare_database(state.database(), source, state.clock, quiet_log());

  CHECK(done.from == current_version());
  CHECK(done.to == current_version() + 1);
  CHECK(pragma(state.database(), "user_version") == current_version() + 1);
  REQUIRE(backups(state).size() == 1);
  CHECK(pragma(backups(state).front(), "user_version") == current_version());
  SQLite::Database copy{backups(state).front().string()};
  CHECK(copy.execAndGet("SELECT count(*) FROM request").getInt() == 1);
  CHECK(prepare_database(state.database(), source, state.clock, quiet_log()).from == done.to);
}

TEST_CASE("a database of the first version is upgraded and used", "[store]") {
  StateDir state;
  execute(state.database(), std::string{migrations().front().sql});
  execute(state.database(), "PRAGMA user_version = 1");

  const auto store = state.open();

  CHECK(pragma(state.database(), "user_version") == current_version());
  REQUIRE(backups(state).size() == 1);
  CHECK(submit_one(*store).id == RequestId{1});
}

TEST_CASE("a migration that fails changes nothing", "[store]") {
  StateDir state;
  submit_one(*state.open());
  const auto before = definitions(state.database());
  std::vector<Migration> steps;

  const auto sql = GENERATE("ALTER TABLE user ADD COLUMN test TEXT; SELECT nonsense",
                            "UPDATE request SET batch_id = 77");  // refers to nothing
  const auto source = with_next_version(steps, sql);

  CHECK_THROWS(prepare_database(state.database(), source, state.clock, quiet_log()));
  CHECK(definitions(state.database()) == before);
  CHECK(pragma(state.database(), "user_version") == current_version());
  CHECK(state.open()->find(RequestId{1}).has_value());
}

TEST_CASE("a backup is a whole database, made while the store is in use", "[store]") {
  StateDir state;
  const auto store = state.open();
  submit_one(*store);
  const auto copy = state.dir.path() / "copy.db";

  backup(state.database(), copy);
  submit_one(*store);

  SQLite::Database database{copy.string()};
  CHECK(database.execAndGet("SELECT count(*) FROM request").getInt() == 1);
  CHECK(database.execAndGet("PRAGMA integrity_check").getString() == "ok");
  CHECK(fs::status(copy).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK_THROWS_WITH(backup(state.database(), copy), Catch::Contains("exists already"));
}

TEST_CASE("backup and upgrade of a database that is not there say so, and make none", "[store]") {
  StateDir state;

  CHECK_THROWS_AS(backup(state.database(), state.dir.path() / "copy"), UserError);
  CHECK_THROWS_AS(upgrade(state.database(), state.clock, quiet_log()), UserError);
  CHECK(fs::is_empty(state.dir.path()));
}

TEST_CASE("an upgrade of a database of this version has nothing to do", "[store]") {
  StateDir state;
  state.open().reset();

  const auto result = upgrade(state.database(), state.clock, quiet_log());

  CHECK(result.from == result.to);
  CHECK(backups(state).empty());
}
