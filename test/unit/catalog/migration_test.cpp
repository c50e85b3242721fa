#include "index_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

namespace iib::test {
namespace {

/// An index of schema 5: v2 (channels alpha and beta) replaces v1 and skips v0.
constexpr auto kSchema5 = R"sql(
  CREATE TABLE schema_migrations (version bigint NOT NULL, timestamp DATETIME);
  INSERT INTO schema_migrations (version) VALUES (5);
  CREATE TABLE operatorbundle (name TEXT PRIMARY KEY, csv TEXT, bundle TEXT, bundlepath TEXT,
    skiprange TEXT, version TEXT);
  CREATE TABLE package (name TEXT PRIMARY KEY, default_channel TEXT,
    FOREIGN KEY (name, default_channel) REFERENCES channel (package_name, name) ON DELETE CASCADE);
  CREATE TABLE channel (name TEXT, package_name TEXT, head_operatorbundle_name TEXT,
    PRIMARY KEY (name, package_name),
    FOREIGN KEY (head_operatorbundle_name) REFERENCES operatorbundle (name) ON DELETE CASCADE);
  CREATE TABLE channel_entry (entry_id INTEGER PRIMARY KEY, channel_name TEXT, package_name TEXT,
    operatorbundle_name TEXT, replaces INTEGER, depth INTEGER,
    FOREIGN KEY (replaces) REFERENCES channel_entry (entry_id) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (channel_name, package_name) REFERENCES channel (name, package_name)
      ON DELETE CASCADE);
  CREATE TABLE related_image (image TEXT, operatorbundle_name TEXT,
    FOREIGN KEY (operatorbundle_name) REFERENCES operatorbundle (name) ON DELETE CASCADE);
  CREATE TABLE api (group_name TEXT, version TEXT, kind TEXT, plural TEXT NOT NULL,
    PRIMARY KEY (group_name, version, kind));
  CREATE TABLE api_provider (group_name TEXT, version TEXT, kind TEXT, channel_entry_id INTEGER,
    FOREIGN KEY (channel_entry_id) REFERENCES channel_entry (entry_id) ON DELETE CASCADE);
  CREATE TABLE api_requirer (group_name TEXT, version TEXT, kind TEXT, channel_entry_id INTEGER,
    FOREIGN KEY (channel_entry_id) REFERENCES channel_entry (entry_id) ON DELETE CASCADE);
  INSERT INTO operatorbundle VALUES ('v1', '{}', '{}', 'reg/ns/v1:1', '', '1.0.0'),
                                    ('v2', '{}', '{}', 'reg/ns/v2:1', '', '2.0.0');
  INSERT INTO channel VALUES ('alpha', 'pk', 'v2'), ('beta', 'pk', 'v2');
  INSERT INTO package VALUES ('pk', 'alpha');
  INSERT INTO channel_entry VALUES
    (1, 'alpha', 'pk', 'v2', 4, 0), (2, 'alpha', 'pk', 'v0', NULL, 1), (3, 'alpha', 'pk', 'v2', 2, 1),
    (4, 'alpha', 'pk', 'v1', NULL, 2), (5, 'beta', 'pk', 'v2', NULL, 0);
  INSERT INTO api VALUES ('g.io', 'v1', 'Foo', 'foos'), ('h.io', 'v1', 'Bar', 'bars'),
                         ('h.io', 'v1', 'Baz', 'bazs');
  INSERT INTO api_provider VALUES ('g.io', 'v1', 'Foo', 1), ('g.io', 'v1', 'Foo', 5);
  INSERT INTO api_requirer VALUES ('h.io', 'v1', 'Bar', 1), ('h.io', 'v1', 'Baz', 1);
)sql";

void make_old(IndexFixture& fixture) {
  const auto path = fixture.directory() / "old.db";
  SQLite::Database database{path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  database.exec(kSchema5);
  fixture.index = catalog::Catalog{.path = path};
}

}  // namespace

TEST_CASE("an index of schema 5 is migrated with all its contents (90)", "[catalog][migration]") {
  IndexFixture fixture;
  make_old(fixture);

  fixture.add({});

  CHECK(fixture.query("SELECT version FROM schema_migrations") == "13");
  CHECK(fixture.query(
            "SELECT name, replaces, skips, substitutesfor FROM operatorbundle ORDER BY 1") ==
        "v1|null|null|null\nv2|v1|v0|null");
  CHECK(fixture.query("SELECT * FROM api_provider") == "g.io|v1|Foo|v2|2.0.0|reg/ns/v2:1");
  CHECK(fixture.query("SELECT * FROM dependencies ORDER BY value") ==
        R"(olm.gvk|{"group":"h.io","kind":"Bar","version":"v1"}|v2|2.0.0|reg/ns/v2:1)"
        "\n"
        R"(olm.gvk|{"group":"h.io","kind":"Baz","version":"v1"}|v2|2.0.0|reg/ns/v2:1)");
  CHECK(fixture.query("SELECT type, value, operatorbundle_name, operatorbundle_path "
                      "FROM properties ORDER BY type") ==
        R"(olm.gvk|{"group":"g.io","kind":"Foo","version":"v1"}|v2|reg/ns/v2:1)"
        "\n"
        R"(olm.package|{"packageName":"pk","version":"2.0.0"}|v2|reg/ns/v2:1)");
  CHECK(fixture.query("SELECT count(*) FROM deprecated") == "0");
  CHECK(fixture.query("PRAGMA foreign_key_check").empty());
  CHECK(fixture.query("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a migrated index has the tables of a new one", "[catalog][migration]") {
  IndexFixture fixture;
  make_old(fixture);
  IndexFixture fresh;
  const auto columns =
      "SELECT m.name, group_concat(c.name) FROM sqlite_master AS m, "
      "pragma_table_info(m.name) AS c WHERE m.type = 'table' GROUP BY 1 ORDER BY 1";

  fixture.add({});
  fresh.add({});

  CHECK(fixture.query(columns) == fresh.query(columns));
  const auto others = "SELECT type, name FROM sqlite_master WHERE type <> 'table' ORDER BY 1, 2";
  CHECK(fixture.query(others) == fresh.query(others));
}

TEST_CASE("a migrated index can be added to and removed from", "[catalog][migration]") {
  IndexFixture fixture;
  make_old(fixture);

  fixture.add({"v3(3.0.0, alpha; replaces v2; default alpha)"});

  CHECK(fixture.entries("alpha") == "1 v3 ->2 @0, 2 v2 ->5 @1, 3 v0 @2, 4 v2 ->3 @2, 5 v1 @3");
  fixture.remove({"pk"});
  CHECK(fixture.query("SELECT count(*) FROM operatorbundle") == "0");
}

TEST_CASE("an old index is listed without being migrated", "[catalog][migration]") {
  IndexFixture fixture;
  make_old(fixture);

  const auto bundles = fixture.engine.list(*fixture.index, fixture.work());

  REQUIRE(bundles.size() == 2);
  CHECK(bundles[1].pull_spec == "reg/ns/v2:1");
}

TEST_CASE("an empty index too old to migrate is begun anew", "[catalog][migration]") {
  IndexFixture fixture;
  const auto path = fixture.directory() / "old.db";
  {
    SQLite::Database database{path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    database.exec("CREATE TABLE operatorbundle (name TEXT)");
  }
  fixture.index = catalog::Catalog{.path = path};

  fixture.add({"v1(1.0.0)"});

  CHECK(fixture.entries("alpha") == "1 v1 @0");
}

}  // namespace iib::test
