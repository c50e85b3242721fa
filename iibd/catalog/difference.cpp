#include "iib/catalog/difference.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <utility>

namespace iib::catalog {
namespace {

/// Walks two lists sorted by name side by side and gives `use` each pair; a side that lacks the
/// name is null.
template <class Item, class Use>
void for_each_pair(const std::vector<Item>& before, const std::vector<Item>& after, Use&& use) {
  auto left = before.begin();
  auto right = after.begin();
  while (left != before.end() || right != after.end()) {
    if (right == after.end() || (left != before.end() && left->name < right->name)) {
      use(&*left++, static_cast<const Item*>(nullptr));
    } else if (left == before.end() || right->name < left->name) {
      use(static_cast<const Item*>(nullptr), &*right++);
    } else {
      use(&*left++, &*right++);
    }
  }
}

template <class Item>
Change change_of(const Item* before, const Item* after) {
  if (before == nullptr) return Change::added;
  return after == nullptr ? Change::removed : Change::changed;
}

std::set<std::string> names_of(const ChannelContents& channel) {
  std::set<std::string> names;
  for (const auto& node : channel.nodes) names.insert(node.bundle);
  return names;
}

std::set<Edge> edges_of(const ChannelContents& channel) {
  std::set<Edge> edges;
  for (const auto& node : channel.nodes) {
    if (!node.replaces.empty()) edges.insert({node.bundle, EdgeKind::replaces, node.replaces});
    for (const auto& skipped : node.skips) edges.insert({node.bundle, EdgeKind::skips, skipped});
    if (!node.skip_range.empty()) {
      edges.insert({node.bundle, EdgeKind::skip_range, node.skip_range});
    }
  }
  return edges;
}

template <class Item>
std::vector<Item> only_in(const std::set<Item>& these, const std::set<Item>& those) {
  std::vector<Item> result;
  std::set_difference(these.begin(), these.end(), those.begin(), those.end(),
                      std::back_inserter(result));
  return result;
}

ChannelDifference compare_channels(const ChannelContents* before, const ChannelContents* after) {
  static const ChannelContents kNone;
  const auto& old = before != nullptr ? *before : kNone;
  const auto& now = after != nullptr ? *after : kNone;
  const auto old_names = names_of(old);
  const auto new_names = names_of(now);
  const auto old_edges = edges_of(old);
  const auto new_edges = edges_of(now);
  return {.name = after != nullptr ? now.name : old.name,
          .change = change_of(before, after),
          .head_before = old.head,
          .head_after = now.head,
          .nodes_added = only_in(new_names, old_names),
          .nodes_removed = only_in(old_names, new_names),
          .edges_added = only_in(new_edges, old_edges),
          .edges_removed = only_in(old_edges, new_edges)};
}

bool is_same(const ChannelDifference& channel) {
  return channel.change == Change::changed && channel.head_before == channel.head_after &&
         channel.nodes_added.empty() && channel.nodes_removed.empty() &&
         channel.edges_added.empty() && channel.edges_removed.empty();
}

std::vector<BundleDifference> compare_bundles(const std::vector<BundleSummary>& before,
                                              const std::vector<BundleSummary>& after) {
  std::vector<BundleDifference> differences;
  for_each_pair(before, after, [&](const BundleSummary* old, const BundleSummary* now) {
    if (old != nullptr && now != nullptr && *old == *now) return;
    BundleDifference difference;
    if (old != nullptr) difference.before = *old;
    if (now != nullptr) difference.after = *now;
    differences.push_back(std::move(difference));
  });
  return differences;
}

std::set<DeprecationNote> notes_of(const PackageContents& package) {
  return {package.deprecations.begin(), package.deprecations.end()};
}

PackageDifference compare_packages(const PackageContents* before, const PackageContents* after) {
  static const PackageContents kNone;
  const auto& old = before != nullptr ? *before : kNone;
  const auto& now = after != nullptr ? *after : kNone;
  const auto old_notes = notes_of(old);
  const auto new_notes = notes_of(now);
  PackageDifference difference{.name = after != nullptr ? now.name : old.name,
                               .change = change_of(before, after),
                               .default_channel_before = old.default_channel,
                               .default_channel_after = now.default_channel,
                               .channels = {},
                               .bundles = compare_bundles(old.bundles, now.bundles),
                               .deprecations_added = only_in(new_notes, old_notes),
                               .deprecations_removed = only_in(old_notes, new_notes)};
  for_each_pair(old.channels, now.channels,
                [&](const ChannelContents* left, const ChannelContents* right) {
                  auto channel = compare_channels(left, right);
                  if (!is_same(channel)) difference.channels.push_back(std::move(channel));
                });
  return difference;
}

bool is_same(const PackageDifference& package) {
  return package.change == Change::changed &&
         package.default_channel_before == package.default_channel_after &&
         package.channels.empty() && package.bundles.empty() &&
         package.deprecations_added.empty() && package.deprecations_removed.empty();
}

}  // namespace

std::string_view to_string(Change change) {
  switch (change) {
    case Change::added:
      return "added";
    case Change::removed:
      return "removed";
    case Change::changed:
      return "changed";
  }
  return "unknown";
}

std::string_view to_string(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::replaces:
      return "replaces";
    case EdgeKind::skips:
      return "skips";
    case EdgeKind::skip_range:
      return "skip-range";
  }
  return "unknown";
}

Change BundleDifference::change() const {
  if (!before) return Change::added;
  return after ? Change::changed : Change::removed;
}

Difference compare(const Contents& before, const Contents& after) {
  Difference difference;
  for_each_pair(before.packages, after.packages,
                [&](const PackageContents* old, const PackageContents* now) {
                  auto package = compare_packages(old, now);
                  if (!is_same(package)) difference.packages.push_back(std::move(package));
                });
  difference.stranded = compare_bundles(before.stranded, after.stranded);
  return difference;
}

}  // namespace iib::catalog
