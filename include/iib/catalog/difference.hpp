#pragma once

#include "iib/catalog/contents.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

/// What became of a package, channel or bundle.
enum class Change { added, removed, changed };

/// The change as scripts see it: `added`, `removed`, `changed`.
[[nodiscard]] std::string_view to_string(Change change);

/// What an edge of an update graph says.
enum class EdgeKind { replaces, skips, skip_range };

/// The kind as scripts see it: `replaces`, `skips`, `skip-range`.
[[nodiscard]] std::string_view to_string(EdgeKind kind);

/// An edge of an update graph.
struct Edge {
  std::string from;                    ///< The bundle that users come to.
  EdgeKind kind = EdgeKind::replaces;  ///< What it does with `to`.
  std::string to;                      ///< A bundle, or a range of versions.

  friend auto operator<=>(const Edge&, const Edge&) = default;
};

/// A bundle that differs; at least one side is there.
struct BundleDifference {
  std::optional<BundleSummary> before;  ///< Nothing when it was added.
  std::optional<BundleSummary> after;   ///< Nothing when it was removed.

  /// What became of it.
  [[nodiscard]] Change change() const;
  /// Its name, on whichever side.
  [[nodiscard]] const std::string& name() const { return after ? after->name : before->name; }
};

/// A channel that differs.
struct ChannelDifference {
  std::string name;                        ///< The channel.
  Change change = Change::changed;         ///< What became of it.
  std::string head_before;                 ///< Empty when there was none.
  std::string head_after;                  ///< Empty when there is none.
  std::vector<std::string> nodes_added;    ///< Names that have joined, bytewise.
  std::vector<std::string> nodes_removed;  ///< Names that have left, bytewise.
  std::vector<Edge> edges_added;           ///< Sorted.
  std::vector<Edge> edges_removed;         ///< Sorted.
};

/// A package that differs.
struct PackageDifference {
  std::string name;                         ///< The package.
  Change change = Change::changed;          ///< What became of it.
  std::string default_channel_before;       ///< Empty when there was none.
  std::string default_channel_after;        ///< Empty when there is none.
  std::vector<ChannelDifference> channels;  ///< Those that differ, bytewise by name.
  std::vector<BundleDifference> bundles;    ///< Those that differ, bytewise by name.
  /// Sorted. One whose message differs is both removed and added.
  std::vector<DeprecationNote> deprecations_added;
  std::vector<DeprecationNote> deprecations_removed;  ///< Sorted.
};

/// How two catalogs differ.
struct Difference {
  std::vector<PackageDifference> packages;  ///< Those that differ, bytewise by name.
  /// Bundles that lost or found a channel at all, bytewise by name.
  std::vector<BundleDifference> stranded;

  /// Whether the catalogs offer the same.
  [[nodiscard]] bool empty() const { return packages.empty() && stranded.empty(); }
};

/// How `after` differs from `before`. Both should have been read with the same detail.
[[nodiscard]] Difference compare(const Contents& before, const Contents& after);

/// The difference for people: lines that begin with `+`, `-` or `~` (changed), packages with what
/// belongs to them below. At most `most_lines`, the last of which then tells how many there are
/// more. Nothing when the difference is empty.
[[nodiscard]] std::vector<std::string> describe(const Difference& difference,
                                                std::size_t most_lines);

/// The difference for scripts, as JSON text.
[[nodiscard]] std::string to_json(const Difference& difference);

}  // namespace iib::catalog
