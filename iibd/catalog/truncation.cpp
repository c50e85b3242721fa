#include "catalog/truncation.hpp"

#include "catalog/removal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace iib::catalog {
namespace {

using Names = std::set<std::string>;

constexpr auto kChannels = R"sql(
  SELECT DISTINCT channel_name FROM channel_entry WHERE operatorbundle_name = :name
)sql";

constexpr auto kBelow = R"sql(
  SELECT DISTINCT target.operatorbundle_name
    FROM channel_entry AS entry JOIN channel_entry AS target ON target.entry_id = entry.replaces
   WHERE entry.operatorbundle_name = :name
)sql";

constexpr auto kAbove = R"sql(
  SELECT DISTINCT above.operatorbundle_name
    FROM channel_entry AS entry JOIN channel_entry AS above ON above.replaces = entry.entry_id
   WHERE entry.operatorbundle_name = :name
)sql";

constexpr auto kDefaultHead = R"sql(
  SELECT package.name, package.default_channel, channel.head_operatorbundle_name
    FROM package
    JOIN channel ON channel.package_name = package.name AND channel.name = package.default_channel
   WHERE package.name IN
         (SELECT package_name FROM channel_entry WHERE operatorbundle_name = :name)
)sql";

constexpr auto kUnlink = R"sql(
  UPDATE channel_entry SET replaces = NULL
   WHERE channel_name = :channel
     AND replaces IN (SELECT entry_id FROM channel_entry
                       WHERE operatorbundle_name = :name AND channel_name = :channel)
)sql";

constexpr auto kDeleteEntries = R"sql(
  DELETE FROM channel_entry WHERE operatorbundle_name = :name AND channel_name = :channel
)sql";

Names read_names(IndexDatabase& database, std::string_view sql, const std::string& name) {
  Names names;
  auto read = database.use(sql);
  read->bind(":name", name);
  while (read->executeStep()) names.insert(read->getColumn(0).getString());
  return names;
}

bool contains_all(const Names& set, const Names& subset) {
  return std::includes(set.begin(), set.end(), subset.begin(), subset.end());
}

/// What the graph says of a bundle before anything is changed.
struct Surroundings {
  Names channels;
  Names above;
};

/// The bundle and all below it.
std::map<std::string, Surroundings> find_tail(IndexDatabase& database, const std::string& name) {
  std::map<std::string, Surroundings> tail;
  std::vector<std::string> waiting{name};
  while (!waiting.empty()) {
    const auto current = std::move(waiting.back());
    waiting.pop_back();
    const auto [entry, is_new] = tail.try_emplace(current);
    if (!is_new) continue;
    entry->second = {.channels = read_names(database, kChannels, current),
                     .above = read_names(database, kAbove, current)};
    for (const auto& below : read_names(database, kBelow, current)) waiting.push_back(below);
  }
  return tail;
}

std::optional<Problem> check_default_head(IndexDatabase& database, const StoredBundle& bundle,
                                          const std::map<std::string, Surroundings>& tail) {
  auto read = database.use(kDefaultHead);
  read->bind(":name", bundle.name);
  while (read->executeStep()) {
    const auto head = read->getColumn(2).getString();
    if (!tail.contains(head)) continue;
    const auto package = read->getColumn(0).getString();
    const auto channel = read->getColumn(1).getString();
    return Problem{.kind = ProblemKind::default_channel,
                   .bundle = bundle.name,
                   .pull_spec = bundle.pull_spec,
                   .package = package,
                   .channel = channel,
                   .text = fmt::format(
                       "bundle {} ({}) cannot be deprecated: package {} would lose its default "
                       "channel {}, whose head is {}; deprecate the heads of all its channels "
                       "together to remove the package",
                       bundle.name, bundle.pull_spec, package, channel, head)};
  }
  return std::nullopt;
}

void run(IndexDatabase& database, std::string_view sql, const std::string& name,
         const std::string& channel) {
  auto statement = database.use(sql);
  statement->bind(":name", name);
  statement->bind(":channel", channel);
  statement->exec();
}

void run(IndexDatabase& database, std::string_view sql, const std::string& name) {
  auto statement = database.use(sql);
  statement->bind(":name", name);
  statement->exec();
}

}  // namespace

std::optional<Problem> truncate_below(IndexDatabase& database, const StoredBundle& bundle) {
  const auto tail = find_tail(database, bundle.name);
  if (auto problem = check_default_head(database, bundle, tail)) return problem;
  Names tail_names;
  for (const auto& [name, surroundings] : tail) tail_names.insert(name);
  const auto& own_channels = tail.at(bundle.name).channels;
  for (const auto& [name, surroundings] : tail) {
    if (name == bundle.name) continue;
    for (const auto& channel : own_channels) {
      run(database, kUnlink, name, channel);
      run(database, kDeleteEntries, name, channel);
    }
    const bool only_here = contains_all(own_channels, surroundings.channels) &&
                           contains_all(tail_names, surroundings.above);
    if (only_here) delete_bundle(database, name);
  }
  run(database, "UPDATE channel_entry SET replaces = NULL WHERE operatorbundle_name = :name",
      bundle.name);
  run(database, "DELETE FROM channel WHERE head_operatorbundle_name = :name", bundle.name);
  insert_property(database, bundle, {.type = "olm.deprecated", .value = "{}"});
  run(database, "INSERT OR REPLACE INTO deprecated (operatorbundle_name) VALUES (:name)",
      bundle.name);
  prune_tombstones(database);
  return std::nullopt;
}

}  // namespace iib::catalog
