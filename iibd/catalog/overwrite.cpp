#include "catalog/overwrite.hpp"

#include "catalog/bundle_problem.hpp"
#include "catalog/bundle_rows.hpp"
#include "catalog/graph_rows.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

namespace iib::catalog {
namespace {

/// A real bundle that leads to `name`, by replacing or skipping it.
constexpr auto kAbove = R"sql(
  SELECT above.operatorbundle_name, above.channel_name
    FROM channel_entry AS entry
    JOIN channel_entry AS above ON above.replaces = entry.entry_id
   WHERE entry.operatorbundle_name = :name AND entry.package_name = :package
     AND above.operatorbundle_name <> :name
     AND EXISTS (SELECT 1 FROM operatorbundle WHERE name = above.operatorbundle_name)
   LIMIT 1
)sql";

// With a bare column beside min(), SQLite takes it from the row that has the minimum.
constexpr auto kReplacedInChannels = R"sql(
  SELECT entry.channel_name, min(entry.depth), target.operatorbundle_name
    FROM channel_entry AS entry
    LEFT JOIN channel_entry AS target ON target.entry_id = entry.replaces
   WHERE entry.operatorbundle_name = :name AND entry.package_name = :package
   GROUP BY entry.channel_name
)sql";

constexpr auto kMoveHead = R"sql(
  UPDATE channel SET head_operatorbundle_name = :head
   WHERE name = :channel AND package_name = :package AND head_operatorbundle_name = :name
)sql";

constexpr auto kDropHead = R"sql(
  UPDATE channel SET head_operatorbundle_name = NULL
   WHERE name = :channel AND package_name = :package
)sql";

std::optional<Problem> not_at_head(IndexDatabase& database, const Bundle& bundle) {
  auto read = database.use(kAbove);
  read->bind(":name", bundle.name);
  read->bind(":package", bundle.package);
  if (!read->executeStep()) return std::nullopt;
  const auto above = read->getColumn(0).getString();
  const auto channel = read->getColumn(1).getString();
  return problem(
      bundle, channel, ProblemKind::exists,
      fmt::format("bundle {} ({}) cannot be overwritten: it is not at the head of channel "
                  "{} of package {}, where {} replaces or skips it; give the new bundle "
                  "another name and version",
                  bundle.name, bundle.pull_spec, channel, bundle.package, above));
}

/// What the bundle replaces in each of its channels.
std::map<std::string, std::optional<std::string>> replaced_in_channels(IndexDatabase& database,
                                                                       const std::string& package,
                                                                       const std::string& name) {
  std::map<std::string, std::optional<std::string>> replaced;
  auto read = database.use(kReplacedInChannels);
  read->bind(":name", name);
  read->bind(":package", package);
  while (read->executeStep()) {
    auto& target = replaced[read->getColumn(0).getString()];
    if (!read->getColumn(2).isNull()) target = read->getColumn(2).getString();
  }
  return replaced;
}

void move_head(IndexDatabase& database, const std::string& package, const std::string& channel,
               const std::string& name, const std::string& head) {
  auto move = database.use(kMoveHead);
  move->bind(":head", head);
  move->bind(":channel", channel);
  move->bind(":package", package);
  move->bind(":name", name);
  move->exec();
}

void drop_head(IndexDatabase& database, const std::string& package, const std::string& channel) {
  auto drop = database.use(kDropHead);
  drop->bind(":channel", channel);
  drop->bind(":package", package);
  drop->exec();
}

}  // namespace

std::vector<Problem> check_overwriting(IndexDatabase& database, std::span<const Bundle> bundles) {
  std::vector<Problem> problems;
  std::map<std::string, const Bundle*> overwriting;
  for (const auto& bundle : bundles) {
    const auto stored = find_bundle(database, bundle.name);
    if (!stored) continue;
    if (stored->pull_spec.empty()) {
      problems.push_back(problem(
          bundle, {}, ProblemKind::exists,
          fmt::format(
              "bundle {} ({}) cannot be overwritten: the one in the index has no pull "
              "specification; remove its package first, or give the new bundle another name "
              "and version",
              bundle.name, bundle.pull_spec)));
    }
    if (auto found = not_at_head(database, bundle)) {
      problems.push_back(std::move(*found));
      continue;
    }
    const auto [other, is_first] = overwriting.try_emplace(bundle.package, &bundle);
    if (is_first) continue;
    problems.push_back(problem(
        bundle, {}, ProblemKind::exists,
        fmt::format("bundle {} ({}) cannot be overwritten together with {}: only one bundle of "
                    "package {} can be in one call, so add each in a call of its own",
                    bundle.name, bundle.pull_spec, other->second->name, bundle.package)));
  }
  return problems;
}

void remove_overwritten(IndexDatabase& database, const std::string& package,
                        const std::string& name) {
  const auto current_default = default_channel(database, package);
  for (const auto& [channel, replaced] : replaced_in_channels(database, package, name)) {
    if (replaced && find_bundle(database, *replaced)) {
      move_head(database, package, channel, name, *replaced);
    } else if (current_default == channel) {
      // Else the cascade would take the channel, and the package with it.
      drop_head(database, package, channel);
    }
  }
  delete_bundle(database, name);
  auto forget = database.use("DELETE FROM deprecated WHERE operatorbundle_name = :name");
  forget->bind(":name", name);
  forget->exec();
}

}  // namespace iib::catalog
