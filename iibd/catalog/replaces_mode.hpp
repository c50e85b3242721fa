#pragma once

#include "catalog/bundle_rows.hpp"
#include "catalog/graph_rows.hpp"
#include "catalog/update_graph.hpp"
#include "iib/catalog/problem.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace iib::catalog {

/// A bundle that takes part in choosing heads.
struct Candidate {
  std::string name;
  std::string version;
  /// Empty for bundles that are in the index already.
  std::string pull_spec;
  std::vector<std::string> channels;
  /// The default channel that it brings; for bundles already in the index the package's.
  std::string default_channel;
};

/// A package whose graph is to be made anew.
struct PackageCandidates {
  std::string package;
  /// Real bundles with entries in the package.
  std::vector<Candidate> existing;
  std::vector<Candidate> added;
};

/// The heads of a package's channels, and the default one.
struct Heads {
  std::map<std::string, std::string, std::less<>> by_channel;
  std::string default_channel;
};

/// Finds a real bundle by its name.
using FindBundle = std::function<std::optional<StoredBundle>(const std::string& name)>;

/// The highest version of each channel is its head (catalog-sqlite 5.3). What breaks a rule goes to
/// `problems`; then the result is incomplete.
[[nodiscard]] Heads choose_heads(const PackageCandidates& package, std::vector<Problem>& problems);

/// A channel's entries and the bundles that the walk visited.
struct ChannelWalk {
  ChannelGraph channel;
  std::vector<StoredBundle> visited;
};

/// Walks down from `head` along `replaces` (5.4). Stops at a deprecated bundle. What breaks a rule
/// goes to `problems`; then the result is incomplete.
[[nodiscard]] ChannelWalk walk_channel(const std::string& package, const std::string& channel,
                                       const std::string& head, const FindBundle& find,
                                       const std::set<std::string, std::less<>>& deprecated,
                                       std::vector<Problem>& problems);

/// Makes the graph of `package` anew and writes it, with one more `olm.package` property for each
/// bundle visited (4.3). With problems nothing is written.
[[nodiscard]] std::vector<Problem> rebuild_package(IndexDatabase& database,
                                                   const PackageCandidates& package);

}  // namespace iib::catalog
