#include "golden_support.hpp"

#include "iib/base/error.hpp"
#include "iib/base/sha256.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

std::string text_of(const io::JsonValue& value) {
  return {value.GetString(), value.GetStringLength()};
}

/// Members sorted by name, everywhere.
void sort_members(io::JsonValue& value) {
  if (value.IsArray()) {
    for (auto& element : value.GetArray()) sort_members(element);
  } else if (value.IsObject()) {
    std::sort(value.MemberBegin(), value.MemberEnd(),
              [](const auto& a, const auto& b) { return text_of(a.name) < text_of(b.name); });
    for (auto& member : value.GetObject()) sort_members(member.value);
  }
}

std::string sorted_json(const std::string& text) {
  try {
    auto value = io::parse_json(text);
    sort_members(value);
    return io::to_json(value);
  } catch (const UserError&) {
    return text;
  }
}

/// `json-sha256:<hash>:<count>` of the JSON documents in `lines`. Payloads repeat from step to step
/// and from scenario to scenario, hence the memory.
std::string payload_hash(const std::string& lines) {
  static std::map<std::string, std::string> known;
  auto& hash = known[sha256_hex(lines)];
  if (!hash.empty()) return hash;
  std::string documents;
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < lines.size();) {
    const auto end = lines.find('\n', begin);
    if (count > 0) documents += '\n';
    documents += sorted_json(lines.substr(begin, end - begin));
    ++count;
    begin = end + 1;
  }
  return hash = fmt::format("json-sha256:{}:{}", sha256_hex(documents), count);
}

std::string quoted(const std::string& text) {
  io::JsonDocument document;
  return io::to_json(io::json_text(text, document.GetAllocator()));
}

std::string cell(const SQLite::Column& column, bool payload, bool json) {
  if (column.isNull()) return "null";
  if (column.isInteger()) return std::to_string(column.getInt64());
  if (payload) return quoted(payload_hash(column.getString()));
  if (json) return quoted(sorted_json(column.getString()));
  return quoted(column.getString());
}

std::vector<std::string> plain_rows(SQLite::Database& database, const std::string& table,
                                    const std::string& columns) {
  std::vector<std::string> rows;
  SQLite::Statement read{database, fmt::format("SELECT {} FROM {}", columns, table)};
  while (read.executeStep()) {
    std::vector<std::string> cells;
    for (int i = 0; i < read.getColumnCount(); ++i) {
      const std::string name = read.getColumnName(i);
      cells.push_back(cell(read.getColumn(i), name == "csv" || name == "bundle", name == "value"));
    }
    rows.push_back(fmt::format("[{}]", fmt::join(cells, ",")));
  }
  return rows;
}

constexpr auto kEntries = R"sql(
  SELECT e.package_name, e.channel_name, e.operatorbundle_name, e.depth,
         t.package_name, t.channel_name, t.operatorbundle_name, t.depth
    FROM channel_entry AS e LEFT JOIN channel_entry AS t ON t.entry_id = e.replaces
)sql";

std::vector<std::string> entry_rows(SQLite::Database& database, Depths depths) {
  std::vector<std::string> rows;
  SQLite::Statement read{database, kEntries};
  const auto node = [&](int first) {
    const int columns = depths == Depths::compare ? 4 : 3;
    std::vector<std::string> cells;
    for (int i = 0; i < columns; ++i) {
      cells.push_back(cell(read.getColumn(first + i), false, false));
    }
    return fmt::format("[{}]", fmt::join(cells, ","));
  };
  while (read.executeStep()) {
    const bool replaces = !read.getColumn(4).isNull();
    rows.push_back(fmt::format("[{},{}]", node(0), replaces ? node(4) : "null"));
  }
  return rows;
}

const std::map<std::string, std::string>& compared_columns() {
  static const std::map<std::string, std::string> columns{
      {"api", "group_name, version, kind, plural"},
      {"api_provider",
       "group_name, version, kind, operatorbundle_name, operatorbundle_version, "
       "operatorbundle_path"},
      {"api_requirer",
       "group_name, version, kind, operatorbundle_name, operatorbundle_version, "
       "operatorbundle_path"},
      {"channel", "name, package_name, head_operatorbundle_name"},
      {"dependencies",
       "type, value, operatorbundle_name, operatorbundle_version, operatorbundle_path"},
      {"deprecated", "operatorbundle_name"},
      {"operatorbundle",
       "name, csv, bundle, bundlepath, skiprange, version, replaces, skips, substitutesfor"},
      {"package", "name, default_channel"},
      {"properties",
       "type, value, operatorbundle_name, operatorbundle_version, operatorbundle_path"},
      {"related_image", "image, operatorbundle_name"},
  };
  return columns;
}

void drop_depths(io::JsonValue& row) {
  for (auto& node : row.GetArray()) {
    if (node.IsArray()) node.PopBack();
  }
}

}  // namespace

Tables golden_tables(const io::JsonValue& scenario, Depths depths) {
  Tables tables;
  const auto* golden = io::find_member(scenario, "tables");
  if (golden == nullptr || !golden->IsObject()) return tables;
  for (const auto& [name, table] : golden->GetObject()) {
    const auto title = text_of(name);
    if (title == "schema_migrations") continue;
    for (const auto& row : (*io::find_member(table, "rows")).GetArray()) {
      io::JsonDocument copy;
      copy.CopyFrom(row, copy.GetAllocator());
      if (title == "channel_entry" && depths == Depths::ignore) drop_depths(copy);
      tables[title].push_back(io::to_json(copy));
    }
    std::sort(tables[title].begin(), tables[title].end());
  }
  return tables;
}

Tables index_tables(const fs::path& path, Depths depths) {
  SQLite::Database database{path.string(), SQLite::OPEN_READONLY};
  Tables tables;
  for (const auto& [table, columns] : compared_columns()) {
    tables[table] = plain_rows(database, table, columns);
  }
  tables["channel_entry"] = entry_rows(database, depths);
  for (auto& [table, rows] : tables) std::sort(rows.begin(), rows.end());
  return tables;
}

std::string difference(const Tables& expected, const Tables& actual) {
  std::string text;
  std::set<std::string> names;
  for (const auto& [name, rows] : expected) names.insert(name);
  for (const auto& [name, rows] : actual) names.insert(name);
  const std::vector<std::string> none;
  for (const auto& name : names) {
    const auto& left = expected.contains(name) ? expected.at(name) : none;
    const auto& right = actual.contains(name) ? actual.at(name) : none;
    std::vector<std::string> only;
    std::set_difference(left.begin(), left.end(), right.begin(), right.end(),
                        std::back_inserter(only));
    for (const auto& row : only) text += fmt::format("missing  {} {}\n", name, row);
    only.clear();
    std::set_difference(right.begin(), right.end(), left.begin(), left.end(),
                        std::back_inserter(only));
    for (const auto& row : only) text += fmt::format("surplus  {} {}\n", name, row);
  }
  return text;
}

}  // namespace iib::test
