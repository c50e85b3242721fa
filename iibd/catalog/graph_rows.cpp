#include "catalog/graph_rows.hpp"

#include <algorithm>
#include <cstdint>

namespace iib::catalog {
namespace {

// The index pk gives the version without reading past the payloads.
constexpr auto kMembers = R"sql(
  SELECT DISTINCT bundle.name, bundle.version, entry.channel_name
    FROM channel_entry AS entry
    JOIN operatorbundle AS bundle INDEXED BY pk ON bundle.name = entry.operatorbundle_name
   WHERE entry.package_name = :package
   ORDER BY bundle.name, entry.channel_name
)sql";

constexpr auto kEdges = R"sql(
  SELECT entry.channel_name, entry.operatorbundle_name, target.operatorbundle_name
    FROM channel_entry AS entry
    LEFT JOIN channel_entry AS target ON target.entry_id = entry.replaces
   WHERE entry.package_name = :package
     AND EXISTS (SELECT 1 FROM operatorbundle WHERE name = entry.operatorbundle_name)
)sql";

constexpr auto kInsertEntry = R"sql(
  INSERT INTO channel_entry
    (entry_id, channel_name, package_name, operatorbundle_name, replaces, depth)
  VALUES (:id, :channel, :package, :bundle, :replaces, :depth)
)sql";

void delete_graph(IndexDatabase& database, const std::string& package) {
  for (const auto* sql : {"DELETE FROM channel_entry WHERE package_name = :package",
                          "DELETE FROM package WHERE name = :package",
                          "DELETE FROM channel WHERE package_name = :package"}) {
    auto remove = database.use(sql);
    remove->bind(":package", package);
    remove->exec();
  }
}

std::int64_t next_entry_id(IndexDatabase& database) {
  auto read = database.use("SELECT coalesce(max(entry_id), 0) + 1 FROM channel_entry");
  read->executeStep();
  return read->getColumn(0).getInt64();
}

void insert_channel(IndexDatabase& database, const std::string& package,
                    const ChannelGraph& channel) {
  auto insert = database.use(R"sql(
    INSERT INTO channel (name, package_name, head_operatorbundle_name)
    VALUES (:channel, :package, :head)
  )sql");
  insert->bind(":channel", channel.name);
  insert->bind(":package", package);
  insert->bind(":head", channel.head);
  insert->exec();
}

void insert_entries(IndexDatabase& database, const std::string& package,
                    const ChannelGraph& channel) {
  const auto first = next_entry_id(database);
  const auto id = [&](std::size_t index) { return first + static_cast<std::int64_t>(index); };
  for (std::size_t i = 0; i < channel.entries.size(); ++i) {
    const auto& entry = channel.entries[i];
    auto insert = database.use(kInsertEntry);
    insert->bind(":id", id(i));
    insert->bind(":channel", channel.name);
    insert->bind(":package", package);
    insert->bind(":bundle", entry.bundle);
    if (entry.replaces) insert->bind(":replaces", id(*entry.replaces));
    insert->bind(":depth", entry.depth);
    insert->exec();
  }
}

void set_default_channel(IndexDatabase& database, const PackageGraph& graph) {
  auto update = database.use("UPDATE package SET default_channel = :channel WHERE name = :package");
  update->bind(":channel", graph.default_channel);
  update->bind(":package", graph.package);
  update->exec();
}

void find_heads(ChannelNodes& channel) {
  std::set<std::string, std::less<>> targets;
  for (const auto& [name, led_to] : channel.edges) targets.insert(led_to.begin(), led_to.end());
  for (const auto& [name, led_to] : channel.edges) {
    if (!targets.contains(name)) channel.heads.push_back(name);
  }
}

}  // namespace

std::vector<PackageMember> package_members(IndexDatabase& database, const std::string& package) {
  std::vector<PackageMember> members;
  auto read = database.use(kMembers);
  read->bind(":package", package);
  while (read->executeStep()) {
    auto name = read->getColumn(0).getString();
    if (members.empty() || members.back().name != name) {
      members.push_back(
          {.name = std::move(name), .version = read->getColumn(1).getString(), .channels = {}});
    }
    members.back().channels.push_back(read->getColumn(2).getString());
  }
  return members;
}

std::optional<std::string> default_channel(IndexDatabase& database, const std::string& package) {
  auto read = database.use("SELECT default_channel FROM package WHERE name = :package");
  read->bind(":package", package);
  if (!read->executeStep() || read->getColumn(0).isNull()) return std::nullopt;
  return read->getColumn(0).getString();
}

PackageNodes load_graph(IndexDatabase& database, const std::string& package) {
  PackageNodes channels;
  auto read = database.use(kEdges);
  read->bind(":package", package);
  while (read->executeStep()) {
    auto& led_to = channels[read->getColumn(0).getString()].edges[read->getColumn(1).getString()];
    if (!read->getColumn(2).isNull()) led_to.insert(read->getColumn(2).getString());
  }
  for (auto& [name, channel] : channels) find_heads(channel);
  return channels;
}

void rewrite_graph(IndexDatabase& database, const PackageGraph& graph) {
  delete_graph(database, graph.package);
  auto insert = database.use("INSERT INTO package (name) VALUES (:package)");
  insert->bind(":package", graph.package);
  insert->exec();
  for (const auto& channel : graph.channels) insert_channel(database, graph.package, channel);
  set_default_channel(database, graph);
  for (const auto& channel : graph.channels) insert_entries(database, graph.package, channel);
}

}  // namespace iib::catalog
