#include "catalog/bundle_rows.hpp"

#include <fmt/format.h>

namespace iib::catalog {
namespace {

constexpr auto kInsertBundle = R"sql(
  INSERT INTO operatorbundle
    (name, csv, bundle, bundlepath, skiprange, version, replaces, skips, substitutesfor)
  VALUES
    (:name, :csv, :bundle, :path, :skip_range, :version, :replaces, :skips, :substitutes_for)
)sql";

constexpr auto kInsertImage = R"sql(
  INSERT INTO related_image (image, operatorbundle_name) VALUES (:image, :name)
)sql";

constexpr auto kInsertApi = R"sql(
  INSERT OR IGNORE INTO api (group_name, version, kind, plural)
  VALUES (:group, :version, :kind, :plural)
)sql";

constexpr std::string_view kInsertApiUser = R"sql(
  INSERT INTO {} (group_name, version, kind,
                  operatorbundle_name, operatorbundle_version, operatorbundle_path)
  VALUES (:group, :version, :kind, :name, :bundle_version, :path)
)sql";

constexpr auto kInsertDependency = R"sql(
  INSERT INTO dependencies
    (type, value, operatorbundle_name, operatorbundle_version, operatorbundle_path)
  VALUES (:type, :value, :name, :version, :path)
)sql";

constexpr auto kInsertProperty = R"sql(
  INSERT INTO properties
    (type, value, operatorbundle_name, operatorbundle_version, operatorbundle_path)
  VALUES (:type, :value, :name, :version, :path)
)sql";

constexpr auto kFindBundle = R"sql(
  SELECT name, version, bundlepath, replaces, skips FROM operatorbundle WHERE name = :name
)sql";

std::string join(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ","));
}

std::vector<std::string> split(const std::string& joined) {
  std::vector<std::string> names;
  if (joined.empty()) return names;
  std::size_t begin = 0;
  for (std::size_t comma = joined.find(','); comma != std::string::npos;
       comma = joined.find(',', begin)) {
    names.push_back(joined.substr(begin, comma - begin));
    begin = comma + 1;
  }
  names.push_back(joined.substr(begin));
  return names;
}

void insert_row(IndexDatabase& database, const Bundle& bundle) {
  const auto skips = join(bundle.edges.skips);
  auto insert = database.use(kInsertBundle);
  insert->bind(":name", bundle.name);
  bind_blob(*insert, ":csv", bundle.csv);
  bind_blob(*insert, ":bundle", bundle.objects);
  insert->bind(":path", bundle.pull_spec);
  insert->bind(":skip_range", bundle.skip_range);
  insert->bind(":version", bundle.version);
  insert->bind(":replaces", bundle.edges.replaces);
  insert->bind(":skips", skips);
  insert->bind(":substitutes_for", bundle.substitutes_for);
  insert->exec();
}

void insert_images(IndexDatabase& database, const Bundle& bundle) {
  for (const auto& image : bundle.related_images) {
    auto insert = database.use(kInsertImage);
    insert->bind(":image", image);
    insert->bind(":name", bundle.name);
    insert->exec();
  }
}

/// Binds what ties a row to `bundle`: NULL where the bundle has an empty string (1.2).
void bind_owner(SQLite::Statement& insert, const char* version_parameter, const std::string& name,
                const std::string& version, const std::string& pull_spec) {
  insert.bind(":name", name);
  bind_or_null(insert, version_parameter, version);
  bind_or_null(insert, ":path", pull_spec);
}

void bind_api(SQLite::Statement& statement, const Api& api) {
  statement.bind(":group", api.group);
  statement.bind(":version", api.version);
  statement.bind(":kind", api.kind);
}

void insert_apis(IndexDatabase& database, const Bundle& bundle, const std::vector<Api>& apis,
                 std::string_view table) {
  const auto insert_user = fmt::format(fmt::runtime(kInsertApiUser), table);
  for (const auto& api : apis) {
    auto insert_api = database.use(kInsertApi);
    bind_api(*insert_api, api);
    insert_api->bind(":plural", api.plural);
    insert_api->exec();
    auto insert = database.use(insert_user);
    bind_api(*insert, api);
    bind_owner(*insert, ":bundle_version", bundle.name, bundle.version, bundle.pull_spec);
    insert->exec();
  }
}

void insert_dependencies(IndexDatabase& database, const Bundle& bundle) {
  for (const auto& dependency : bundle.dependencies) {
    auto insert = database.use(kInsertDependency);
    insert->bind(":type", dependency.type);
    if (dependency.value) bind_blob(*insert, ":value", *dependency.value);
    bind_owner(*insert, ":version", bundle.name, bundle.version, bundle.pull_spec);
    insert->exec();
  }
}

}  // namespace

void insert_bundle(IndexDatabase& database, const Bundle& bundle) {
  insert_row(database, bundle);
  insert_images(database, bundle);
  insert_apis(database, bundle, bundle.provided, "api_provider");
  insert_apis(database, bundle, bundle.required, "api_requirer");
  insert_dependencies(database, bundle);
  const StoredBundle stored{
      .name = bundle.name, .version = bundle.version, .pull_spec = bundle.pull_spec, .edges = {}};
  for (const auto& property : bundle.properties) insert_property(database, stored, property);
}

void insert_property(IndexDatabase& database, const StoredBundle& bundle,
                     const TypedValue& property) {
  auto insert = database.use(kInsertProperty);
  insert->bind(":type", property.type);
  insert->bind(":value", property.value.value_or("null"));
  bind_owner(*insert, ":version", bundle.name, bundle.version, bundle.pull_spec);
  insert->exec();
}

std::optional<StoredBundle> find_bundle(IndexDatabase& database, const std::string& name) {
  auto find = database.use(kFindBundle);
  find->bind(":name", name);
  if (!find->executeStep()) return std::nullopt;
  return StoredBundle{
      .name = find->getColumn(0).getString(),
      .version = find->getColumn(1).getString(),
      .pull_spec = find->getColumn(2).getString(),
      .edges = {.replaces = find->getColumn(3).getString(),
                .skips = split(find->getColumn(4).getString())},
  };
}

std::set<std::string, std::less<>> deprecated_names(IndexDatabase& database) {
  std::set<std::string, std::less<>> names;
  auto read = database.use("SELECT operatorbundle_name FROM deprecated");
  while (read->executeStep()) names.insert(read->getColumn(0).getString());
  return names;
}

void delete_bundle(IndexDatabase& database, const std::string& name) {
  // In this order: the cascades of the first would otherwise differ (8.1).
  for (const auto* sql : {"DELETE FROM operatorbundle WHERE name = :name",
                          "DELETE FROM api_provider WHERE operatorbundle_name = :name",
                          "DELETE FROM api_requirer WHERE operatorbundle_name = :name",
                          "DELETE FROM channel_entry WHERE operatorbundle_name = :name"}) {
    auto remove = database.use(sql);
    remove->bind(":name", name);
    remove->exec();
  }
}

}  // namespace iib::catalog
