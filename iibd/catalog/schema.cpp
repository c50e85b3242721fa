#include "catalog/schema.hpp"

#include "catalog/schema_text.hpp"
#include "iib/catalog/problem.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace iib::catalog {
namespace {

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
  for (const auto* sql :
       {kSchemaMigrationsTable, kBundleTable, kBundleKey, kPackageTable, kChannelTable, kEntryTable,
        kRelatedImageTable, kApiTable, kApiProviderTable, kApiRequirerTable, kDependenciesTable,
        kPropertiesTable, kDeprecatedTable, kTriggers}) {
    database.execute(sql);
  }
  auto insert = database.use("INSERT INTO schema_migrations (version) VALUES (:version)");
  insert->bind(":version", kSchemaVersion);
  insert->exec();
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

void add_graph_index(IndexDatabase& database) {
  database.execute("CREATE INDEX iibd_graph ON channel_entry (package_name)");
}

void remove_graph_index(IndexDatabase& database) {
  database.execute("DROP INDEX iibd_graph");
}

}  // namespace iib::catalog
