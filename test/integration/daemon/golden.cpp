#include "golden.hpp"

#include <algorithm>
#include <stdexcept>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 64UL << 20U;
constexpr auto kNull = "NULL";

std::string cell(const io::JsonValue& value) {
  if (value.IsNull()) return kNull;
  return value.IsString() ? std::string{value.GetString()} : io::to_json(value);
}

Rows columns_of(const io::JsonValue& table, const std::vector<std::string>& names) {
  std::vector<rapidjson::SizeType> places;
  for (const auto& name : names) {
    const auto columns = table["columns"].GetArray();
    const auto at = std::find_if(columns.begin(), columns.end(),
                                 [&](const auto& column) { return column.GetString() == name; });
    if (at == columns.end()) throw std::runtime_error{"no golden column " + name};
    places.push_back(static_cast<rapidjson::SizeType>(at - columns.begin()));
  }
  Rows rows;
  for (const auto& values : table["rows"].GetArray()) {
    auto& row = rows.emplace_back();
    for (const auto place : places) row.push_back(cell(values[place]));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

Rows entries_of(const io::JsonValue& table) {
  Rows rows;
  for (const auto& values : table["rows"].GetArray()) {
    const auto& entry = values[0];
    const auto& replaced = values[1];
    rows.push_back({cell(entry[0]), cell(entry[1]), cell(entry[2]), cell(entry[3]),
                    replaced.IsNull() ? kNull : cell(replaced[2]),
                    replaced.IsNull() ? kNull : cell(replaced[3])});
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

Golden read_golden(const fs::path& shared, const std::string& package) {
  const auto file = shared / "golden" / "catalog" / (package + "--replaces-one-by-one.json");
  const auto document = io::parse_json(read_file(file, kLargestFile));
  Golden golden;
  for (const auto& step : document["steps"].GetArray()) {
    auto& added = golden.steps.emplace_back();
    added.accepted = step["ok"].GetBool();
    for (const auto& bundle : step["op"]["bundles"].GetArray()) {
      added.bundles.emplace_back(bundle.GetString());
    }
  }
  const auto& tables = document["tables"];
  golden.tables = {
      .package = columns_of(tables["package"], {"name", "default_channel"}),
      .channel =
          columns_of(tables["channel"], {"package_name", "name", "head_operatorbundle_name"}),
      .channel_entry = entries_of(tables["channel_entry"]),
      .operatorbundle = columns_of(tables["operatorbundle"],
                                   {"name", "version", "replaces", "skips", "bundlepath"})};
  return golden;
}

std::map<std::string, CorpusBundle> read_corpus(const fs::path& shared) {
  const auto corpus = shared / "corpus";
  const auto document = io::parse_json(read_file(corpus / "bundles.json", kLargestFile));
  std::map<std::string, CorpusBundle> bundles;
  for (const auto& bundle : document.GetArray()) {
    bundles[bundle["key"].GetString()] = {.directory = corpus / bundle["directory"].GetString(),
                                          .image = bundle["image"].GetString()};
  }
  return bundles;
}

GoldenTables read_tables(IndexDatabase& database,
                         const std::map<std::string, std::string>& golden_names) {
  GoldenTables tables{
      .package = sorted(database.query("SELECT name, default_channel FROM package")),
      .channel = sorted(
          database.query("SELECT package_name, name, head_operatorbundle_name FROM channel")),
      .channel_entry = sorted(database.query(R"sql(
          SELECT entry.package_name, entry.channel_name, entry.operatorbundle_name, entry.depth,
                 replaced.operatorbundle_name, replaced.depth
            FROM channel_entry AS entry
            LEFT JOIN channel_entry AS replaced ON replaced.entry_id = entry.replaces)sql")),
      .operatorbundle =
          database.query("SELECT name, version, replaces, skips, bundlepath FROM operatorbundle")};
  for (auto& row : tables.operatorbundle) {
    const auto known = golden_names.find(row.back());
    if (known != golden_names.end()) row.back() = known->second;
  }
  tables.operatorbundle = sorted(std::move(tables.operatorbundle));
  return tables;
}

}  // namespace iib::test
