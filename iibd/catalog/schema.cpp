#include "catalog/schema.hpp"

#include "iib/catalog/problem.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace iib::catalog {
namespace {

constexpr auto kTables = R"sql(
CREATE TABLE schema_migrations (
  version bigint NOT NULL,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE operatorbundle (
  name TEXT PRIMARY KEY,
  csv TEXT,
  bundle TEXT,
  bundlepath TEXT,
  skiprange TEXT,
  version TEXT,
  replaces TEXT,
  skips TEXT,
  substitutesfor TEXT
);
CREATE UNIQUE INDEX pk ON operatorbundle (name, version, bundlepath);
CREATE TABLE package (
  name TEXT PRIMARY KEY,
  default_channel TEXT,
  FOREIGN KEY (name, default_channel) REFERENCES channel (package_name, name) ON DELETE CASCADE
);
CREATE TABLE channel (
  name TEXT,
  package_name TEXT,
  head_operatorbundle_name TEXT,
  PRIMARY KEY (name, package_name),
  FOREIGN KEY (head_operatorbundle_name) REFERENCES operatorbundle (name) ON DELETE CASCADE
);
CREATE TABLE channel_entry (
  entry_id INTEGER PRIMARY KEY,
  channel_name TEXT,
  package_name TEXT,
  operatorbundle_name TEXT,
  replaces INTEGER,
  depth INTEGER,
  FOREIGN KEY (replaces) REFERENCES channel_entry (entry_id) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (channel_name, package_name) REFERENCES channel (name, package_name)
    ON DELETE CASCADE
);
CREATE TABLE related_image (
  image TEXT,
  operatorbundle_name TEXT,
  FOREIGN KEY (operatorbundle_name) REFERENCES operatorbundle (name) ON DELETE CASCADE
);
CREATE TABLE api (
  group_name TEXT,
  version TEXT,
  kind TEXT,
  plural TEXT NOT NULL,
  PRIMARY KEY (group_name, version, kind)
);
CREATE TABLE api_provider (
  group_name TEXT,
  version TEXT,
  kind TEXT,
  operatorbundle_name TEXT,
  operatorbundle_version TEXT,
  operatorbundle_path TEXT,
  FOREIGN KEY (operatorbundle_name, operatorbundle_version, operatorbundle_path)
    REFERENCES operatorbundle (name, version, bundlepath)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (group_name, version, kind) REFERENCES api (group_name, version, kind)
    ON DELETE CASCADE
);
CREATE TABLE api_requirer (
  group_name TEXT,
  version TEXT,
  kind TEXT,
  operatorbundle_name TEXT,
  operatorbundle_version TEXT,
  operatorbundle_path TEXT,
  FOREIGN KEY (operatorbundle_name, operatorbundle_version, operatorbundle_path)
    REFERENCES operatorbundle (name, version, bundlepath)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (group_name, version, kind) REFERENCES api (group_name, version, kind)
    ON DELETE CASCADE
);
CREATE TABLE dependencies (
  type TEXT,
  value TEXT,
  operatorbundle_name TEXT,
  operatorbundle_version TEXT,
  operatorbundle_path TEXT,
  FOREIGN KEY (operatorbundle_name, operatorbundle_version, operatorbundle_path)
    REFERENCES operatorbundle (name, version, bundlepath) ON DELETE CASCADE
);
CREATE TABLE properties (
  type TEXT,
  value TEXT,
  operatorbundle_name TEXT,
  operatorbundle_version TEXT,
  operatorbundle_path TEXT,
  FOREIGN KEY (operatorbundle_name, operatorbundle_version, operatorbundle_path)
    REFERENCES operatorbundle (name, version, bundlepath) ON DELETE CASCADE
);
CREATE TABLE deprecated (
  operatorbundle_name TEXT PRIMARY KEY
);
INSERT INTO schema_migrations (version) VALUES (13);
)sql";

/// As the reference tool made them, with their fault: the join of the two tables is empty when one
/// of them is, and then an API goes that others still provide (1.1).
constexpr auto kTriggers = R"sql(
CREATE TRIGGER api_provider_cleanup AFTER DELETE ON api_provider
WHEN NOT EXISTS (SELECT 1 FROM api_provider JOIN api_requirer WHERE
     (api_provider.group_name = OLD.group_name AND api_provider.version = OLD.version
      AND api_provider.kind = OLD.kind)
  OR (api_requirer.group_name = OLD.group_name AND api_requirer.version = OLD.version
      AND api_requirer.kind = OLD.kind))
BEGIN
  DELETE FROM api
   WHERE group_name = OLD.group_name AND version = OLD.version AND kind = OLD.kind;
END;
CREATE TRIGGER api_requirer_cleanup AFTER DELETE ON api_requirer
WHEN NOT EXISTS (SELECT 1 FROM api_provider JOIN api_requirer WHERE
     (api_provider.group_name = OLD.group_name AND api_provider.version = OLD.version
      AND api_provider.kind = OLD.kind)
  OR (api_requirer.group_name = OLD.group_name AND api_requirer.version = OLD.version
      AND api_requirer.kind = OLD.kind))
BEGIN
  DELETE FROM api
   WHERE group_name = OLD.group_name AND version = OLD.version AND kind = OLD.kind;
END;
)sql";

/// Deletes an API when the condition of the published triggers holds, told without their join: a
/// join has a row where one side fits and the other side is not empty.
constexpr auto kWorkingTrigger = R"sql(
CREATE TRIGGER {0}_cleanup AFTER DELETE ON {0}
WHEN NOT ((EXISTS (SELECT 1 FROM api_requirer)
           AND EXISTS (SELECT 1 FROM api_provider AS p WHERE p.group_name = OLD.group_name
                        AND p.version = OLD.version AND p.kind = OLD.kind))
       OR (EXISTS (SELECT 1 FROM api_provider)
           AND EXISTS (SELECT 1 FROM api_requirer AS r WHERE r.group_name = OLD.group_name
                        AND r.version = OLD.version AND r.kind = OLD.kind)))
BEGIN
  DELETE FROM api
   WHERE group_name = OLD.group_name AND version = OLD.version AND kind = OLD.kind;
END;
)sql";

constexpr auto kDropTriggers = R"sql(
DROP TRIGGER IF EXISTS api_provider_cleanup;
DROP TRIGGER IF EXISTS api_requirer_cleanup;
)sql";

struct WorkingIndex {
  std::string_view name;
  std::string_view on;
};
constexpr std::array kWorkingIndexes{
    WorkingIndex{"iibd_entry_channel", "channel_entry (package_name, channel_name)"},
    WorkingIndex{"iibd_entry_bundle", "channel_entry (operatorbundle_name)"},
    WorkingIndex{"iibd_entry_replaces", "channel_entry (replaces)"},
    WorkingIndex{"iibd_channel_package", "channel (package_name)"},
    WorkingIndex{"iibd_channel_head", "channel (head_operatorbundle_name)"},
    WorkingIndex{"iibd_image", "related_image (operatorbundle_name)"},
    WorkingIndex{"iibd_provider", "api_provider (operatorbundle_name)"},
    WorkingIndex{"iibd_provider_api", "api_provider (kind, group_name, version)"},
    WorkingIndex{"iibd_requirer", "api_requirer (operatorbundle_name)"},
    WorkingIndex{"iibd_requirer_api", "api_requirer (kind, group_name, version)"},
    WorkingIndex{"iibd_dependency", "dependencies (operatorbundle_name)"},
    WorkingIndex{"iibd_property", "properties (operatorbundle_name)"},
};

struct Table {
  std::string_view name;
  std::string_view columns;
};
constexpr std::array kRequired{
    Table{"operatorbundle",
          "name, csv, bundle, bundlepath, skiprange, version, replaces, skips, substitutesfor"},
    Table{"package", "name, default_channel"},
    Table{"channel", "name, package_name, head_operatorbundle_name"},
    Table{"channel_entry",
          "entry_id, channel_name, package_name, operatorbundle_name, replaces, depth"},
    Table{"related_image", "image, operatorbundle_name"},
    Table{"api", "group_name, version, kind, plural"},
    Table{"api_provider",
          "group_name, version, kind, operatorbundle_name, operatorbundle_version, "
          "operatorbundle_path"},
    Table{"api_requirer",
          "group_name, version, kind, operatorbundle_name, operatorbundle_version, "
          "operatorbundle_path"},
    Table{"dependencies",
          "type, value, operatorbundle_name, operatorbundle_version, operatorbundle_path"},
    Table{"properties",
          "type, value, operatorbundle_name, operatorbundle_version, operatorbundle_path"},
    Table{"deprecated", "operatorbundle_name"},
};

bool has_table(IndexDatabase& database, std::string_view name) {
  auto find = database.use(R"sql(
    SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name
  )sql");
  find->bind(":name", std::string{name});
  return find->executeStep();
}

}  // namespace

void create_schema(IndexDatabase& database) {
  database.execute(kTables);
  database.execute(kTriggers);
}

std::optional<int> schema_version(IndexDatabase& database) {
  if (!has_table(database, "schema_migrations")) return std::nullopt;
  auto read = database.use("SELECT version FROM schema_migrations LIMIT 1");
  if (!read->executeStep()) return std::nullopt;
  return read->getColumn(0).getInt();
}

bool is_empty_index(IndexDatabase& database) {
  for (const std::string_view table : {"operatorbundle", "package", "channel", "channel_entry"}) {
    if (!has_table(database, table)) continue;
    if (database.has_row(fmt::format("SELECT 1 FROM {} LIMIT 1", table))) return false;
  }
  return true;
}

void check_tables(IndexDatabase& database) {
  for (const auto& table : kRequired) {
    try {
      static_cast<void>(
          database.has_row(fmt::format("SELECT {} FROM {} LIMIT 0", table.columns, table.name)));
    } catch (const SQLite::Exception& error) {
      if (error.getErrorCode() != SQLITE_ERROR) throw;
      throw Refused{{{.kind = ProblemKind::invalid_index,
                      .bundle = {},
                      .pull_spec = {},
                      .package = {},
                      .channel = {},
                      .text = fmt::format("the index database lacks table {} or one of its columns "
                                          "({}): {}",
                                          table.name, table.columns, error.what())}}};
    }
  }
}

void add_working_schema(IndexDatabase& database) {
  for (const auto& index : kWorkingIndexes) {
    database.execute(fmt::format("CREATE INDEX {} ON {}", index.name, index.on));
  }
  database.execute(kDropTriggers);
  for (const auto* table : {"api_provider", "api_requirer"}) {
    database.execute(fmt::format(fmt::runtime(kWorkingTrigger), table));
  }
}

void remove_working_schema(IndexDatabase& database) {
  for (const auto& index : kWorkingIndexes) {
    database.execute(fmt::format("DROP INDEX {}", index.name));
  }
  database.execute(kDropTriggers);
  database.execute(kTriggers);
}

}  // namespace iib::catalog
