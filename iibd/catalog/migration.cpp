#include "catalog/migration.hpp"

#include "catalog/json_text.hpp"
#include "catalog/properties.hpp"
#include "catalog/schema.hpp"
#include "catalog/schema_text.hpp"
#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace iib::catalog {
namespace {

/// 6: APIs belong to bundles, no longer to entries of channels.
void key_apis_by_bundle(IndexDatabase& database) {
  database.execute(kBundleKey);
  for (const auto& [table, sql] : {std::pair{"api_provider", kApiProviderTable},
                                   std::pair{"api_requirer", kApiRequirerTable}}) {
    database.execute(fmt::format("ALTER TABLE {0} RENAME TO {0}_by_entry", table));
    database.execute(sql);
    database.execute(fmt::format(R"sql(
      INSERT INTO {0}
      SELECT DISTINCT old.group_name, old.version, old.kind,
                      bundle.name, bundle.version, bundle.bundlepath
        FROM {0}_by_entry AS old
        JOIN channel_entry AS entry ON entry.entry_id = old.channel_entry_id
        JOIN operatorbundle AS bundle ON bundle.name = entry.operatorbundle_name;
      DROP TABLE {0}_by_entry;
    )sql",
                                 table));
  }
}

/// 7: bundles know what they replace and skip, which so far only the entries of channels told.
void store_edges(IndexDatabase& database) {
  database.execute("ALTER TABLE operatorbundle ADD COLUMN replaces TEXT");
  database.execute("ALTER TABLE operatorbundle ADD COLUMN skips TEXT");
  database.execute(kTriggers);
  std::map<std::string, std::vector<std::string>> edges;
  {
    auto read = database.use(R"sql(
      SELECT entry.operatorbundle_name, target.operatorbundle_name
        FROM channel_entry AS entry JOIN channel_entry AS target ON target.entry_id = entry.replaces
       ORDER BY entry.operatorbundle_name, entry.depth, entry.entry_id
    )sql");
    while (read->executeStep()) {
      auto& names = edges[read->getColumn(0).getString()];
      auto name = read->getColumn(1).getString();
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(std::move(name));
      }
    }
  }
  for (const auto& [name, targets] : edges) {
    auto update = database.use(
        "UPDATE operatorbundle SET replaces = :replaces, skips = :skips WHERE name = :name");
    update->bind(":replaces", targets.front());
    update->bind(":skips", fmt::format("{}", fmt::join(targets.begin() + 1, targets.end(), ",")));
    update->bind(":name", name);
    update->exec();
  }
}

/// An API as stored for a bundle, and how its row names the bundle.
struct ApiRow {
  Api api;
  std::int64_t row = 0;
  std::string bundle;
};

std::vector<ApiRow> read_apis(IndexDatabase& database, std::string_view table) {
  std::vector<ApiRow> rows;
  auto read = database.use(
      fmt::format("SELECT rowid, group_name, version, kind, operatorbundle_name FROM {}", table));
  while (read->executeStep()) {
    rows.push_back({.api = {.group = read->getColumn(1).getString(),
                            .version = read->getColumn(2).getString(),
                            .kind = read->getColumn(3).getString(),
                            .plural = {}},
                    .row = read->getColumn(0).getInt64(),
                    .bundle = read->getColumn(4).getString()});
  }
  return rows;
}

/// Adds a row to `table` that belongs to the same bundle as row `row` of `owner`.
void insert_beside(IndexDatabase& database, std::string_view table, std::string_view owner,
                   const ApiRow& row, const std::string& type, const std::string& value) {
  auto insert = database.use(fmt::format(R"sql(
    INSERT INTO {}
    SELECT :type, :value, operatorbundle_name, operatorbundle_version, operatorbundle_path
      FROM {} WHERE rowid = :row
  )sql",
                                         table, owner));
  insert->bind(":type", type);
  if (table == "properties") {
    bind_blob(*insert, ":value", value);
  } else {
    insert->bind(":value", value);
  }
  insert->bind(":row", row.row);
  insert->exec();
}

/// 8: required APIs become dependencies.
void make_dependencies(IndexDatabase& database) {
  database.execute(kDependenciesTable);
  for (const auto& row : read_apis(database, "api_requirer")) {
    const auto value = fmt::format(R"({{"group":{},"kind":{},"type":"olm.gvk","version":{}}})",
                                   json_string(row.api.group), json_string(row.api.kind),
                                   json_string(row.api.version));
    insert_beside(database, "dependencies", "api_requirer", row, "olm.gvk", value);
  }
}

std::map<std::string, std::string> packages_of_bundles(IndexDatabase& database) {
  std::map<std::string, std::string> packages;
  auto read = database.use("SELECT DISTINCT operatorbundle_name, package_name FROM channel_entry");
  while (read->executeStep()) {
    packages.emplace(read->getColumn(0).getString(), read->getColumn(1).getString());
  }
  return packages;
}

std::map<std::string, std::string> versions_of_bundles(IndexDatabase& database) {
  std::map<std::string, std::string> versions;
  auto read = database.use("SELECT name, version FROM operatorbundle INDEXED BY pk");
  while (read->executeStep()) {
    versions.emplace(read->getColumn(0).getString(), read->getColumn(1).getString());
  }
  return versions;
}

/// Takes the key `type` out of the dependency values, each by itself: the reference gives all rows
/// the value of one.
void drop_types_of_dependencies(IndexDatabase& database) {
  std::map<std::int64_t, std::string> values;
  {
    auto read = database.use("SELECT rowid, value FROM dependencies WHERE value IS NOT NULL");
    while (read->executeStep()) {
      values.emplace(read->getColumn(0).getInt64(), read->getColumn(1).getString());
    }
  }
  for (const auto& [row, text] : values) {
    io::JsonDocument value;
    try {
      value = io::parse_json(text);
    } catch (const UserError&) {
      continue;  // never validated when it was written
    }
    if (!value.IsObject() || !value.EraseMember("type")) continue;
    auto update = database.use("UPDATE dependencies SET value = :value WHERE rowid = :row");
    update->bind(":value", canonical_json(value));
    update->bind(":row", row);
    update->exec();
  }
}

/// 9: provided APIs and their package become properties.
void make_properties(IndexDatabase& database) {
  database.execute(kPropertiesTable);
  const auto packages = packages_of_bundles(database);
  const auto versions = versions_of_bundles(database);
  std::set<std::string> done;
  for (const auto& row : read_apis(database, "api_provider")) {
    const auto package = packages.find(row.bundle);
    if (package != packages.end() && done.insert(row.bundle).second) {
      insert_beside(database, "properties", "api_provider", row, "olm.package",
                    package_property(package->second, versions.at(row.bundle)));
    }
    insert_beside(database, "properties", "api_provider", row, "olm.gvk", gvk_value(row.api));
  }
  drop_types_of_dependencies(database);
}

/// 10.
void correct_property_paths(IndexDatabase& database) {
  database.execute(R"sql(
    UPDATE properties
       SET operatorbundle_path = (SELECT bundle.bundlepath FROM operatorbundle AS bundle
                                   WHERE bundle.name = properties.operatorbundle_name
                                     AND bundle.version = properties.operatorbundle_version)
     WHERE EXISTS (SELECT 1 FROM operatorbundle AS bundle
                    WHERE bundle.name = properties.operatorbundle_name
                      AND bundle.version = properties.operatorbundle_version)
  )sql");
}

/// 11.
void add_substitutes(IndexDatabase& database) {
  database.execute("ALTER TABLE operatorbundle ADD COLUMN substitutesfor TEXT");
}

/// 12.
void make_deprecated(IndexDatabase& database) {
  database.execute(kDeprecatedTable);
  database.execute(R"sql(
    INSERT OR REPLACE INTO deprecated
    SELECT DISTINCT operatorbundle_name FROM properties WHERE type = 'olm.deprecated'
  )sql");
}

/// 13.
void drop_stale_marks(IndexDatabase& database) {
  database.execute(R"sql(
    DELETE FROM deprecated
     WHERE operatorbundle_name NOT IN (SELECT name FROM operatorbundle)
  )sql");
}

using Migration = void (*)(IndexDatabase&);
constexpr std::array<Migration, kSchemaVersion - kOldestSchemaVersion> kMigrations{
    key_apis_by_bundle,     store_edges,     make_dependencies, make_properties,
    correct_property_paths, add_substitutes, make_deprecated,   drop_stale_marks};

}  // namespace

void migrate_schema(IndexDatabase& database, int version) {
  for (int next = version; next < kSchemaVersion; ++next) {
    kMigrations.at(static_cast<std::size_t>(next - kOldestSchemaVersion))(database);
  }
  database.execute("DELETE FROM schema_migrations");
  auto insert = database.use("INSERT INTO schema_migrations (version) VALUES (:version)");
  insert->bind(":version", kSchemaVersion);
  insert->exec();
}

}  // namespace iib::catalog
