#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/catalog/engine.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

/// A bundle as a catalog lists it, without what is in it.
struct BundleSummary {
  std::string name;             ///< The name of its CSV.
  std::string version;          ///< Empty when the CSV has none.
  std::string pull_spec;        ///< Where the bundle image is; may be empty.
  std::string substitutes_for;  ///< The bundle that it stands in for; empty in an overview.
  bool deprecated = false;      ///< Whether it was deprecated: the last one of its channels.

  friend bool operator==(const BundleSummary&, const BundleSummary&) = default;
};

/// A name in a channel's update graph, with the edges that leave it.
struct ChannelNode {
  std::string bundle;              ///< A bundle of the package, or a name without one (a stub).
  std::string replaces;            ///< The next one on the way down from the head; may be empty.
  std::vector<std::string> skips;  ///< Names whose users come here directly, each once.
  std::string skip_range;          ///< Versions whose users do; empty in an overview.

  friend bool operator==(const ChannelNode&, const ChannelNode&) = default;
};

/// A channel and its update graph.
struct ChannelContents {
  std::string name;                ///< Unique in its package.
  std::string head;                ///< What a new subscription gets; empty in a damaged catalog.
  std::vector<ChannelNode> nodes;  ///< From the head down, each name once.
};

/// What `olm.deprecations` of a file-based catalog tells users (catalog-fbc 1.3).
struct DeprecationNote {
  std::string schema;   ///< `olm.package`, `olm.channel` or `olm.bundle`.
  std::string name;     ///< Of the channel or bundle; the package itself has none here.
  std::string message;  ///< What users are told.

  friend auto operator<=>(const DeprecationNote&, const DeprecationNote&) = default;
};

/// A package: its channels and the bundles that have a place in them.
struct PackageContents {
  std::string name;                       ///< Unique in the catalog.
  std::string default_channel;            ///< Empty in a damaged catalog.
  std::vector<ChannelContents> channels;  ///< Bytewise by name.
  std::vector<BundleSummary> bundles;     ///< Bytewise by name.
  /// Sorted, each once. A database has none: what is deprecated there, `bundles` tells.
  std::vector<DeprecationNote> deprecations{};

  /// The bundle `bundle`, or null when it is but a name in the update graph (a stub).
  [[nodiscard]] const BundleSummary* find_bundle(std::string_view bundle) const;
  /// Whether `olm.deprecations` names the package itself.
  [[nodiscard]] bool is_deprecated() const;
  /// Whether `olm.deprecations` names the channel `channel`.
  [[nodiscard]] bool is_deprecated(const ChannelContents& channel) const;
};

/// What a catalog offers, whatever its kind: a plain value.
struct Contents {
  std::vector<PackageContents> packages;  ///< Bytewise by name.
  /// Bundles without a place in any channel, bytewise by name; told of whole catalogs only.
  std::vector<BundleSummary> stranded;
};

/// How much read_contents() reads.
enum class Detail {
  /// All but skip ranges and substitutes, which in an SQLite database stand behind the payloads:
  /// to read them of every bundle is to read the whole file.
  overview,
  /// Everything.
  full,
};

/// What read_contents() reads of a catalog.
struct Selection {
  std::vector<std::string> packages;  ///< Only these; none: all.
  Detail detail = Detail::overview;   ///< How much of each.
};

/// Reads what `catalog` offers. Works on damaged update graphs, too: an edge that leads nowhere is
/// left out, and a cycle ends where it closes. Throws Refused: `not_found` naming packages that
/// are not there and similar ones that are, `invalid_index` for a database that cannot be used or
/// is absurdly large, and what cannot be read of a file-based catalog.
[[nodiscard]] Contents read_contents(const Catalog& catalog, const Selection& selection,
                                     const Cancellation& cancellation);

/// A package for scripts, as JSON text: its channels with their update graphs, and its bundles.
[[nodiscard]] std::string to_json(const PackageContents& package);

}  // namespace iib::catalog
