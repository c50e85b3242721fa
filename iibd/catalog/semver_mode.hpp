#pragma once

#include "catalog/bundle.hpp"
#include "catalog/index_database.hpp"
#include "catalog/update_graph.hpp"
#include "iib/catalog/engine.hpp"
#include "iib/catalog/problem.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace iib::catalog {

/// A package's graph as semver modes change it (catalog-sqlite 5.5).
struct SemverGraph {
  struct Channel {
    std::string head;
    /// Nodes and what they lead to, names that are no nodes included.
    std::map<std::string, std::set<std::string, std::less<>>, std::less<>> nodes;
  };
  std::string package;
  std::string default_channel;
  std::map<std::string, Channel, std::less<>> channels;
  /// The version of each node as stored.
  std::map<std::string, std::string, std::less<>> versions;
};

/// Loads the graph of `package`; an empty one when the package does not exist or has no default
/// channel. What makes it unusable goes to `problems`, in the name of `bundle`.
[[nodiscard]] SemverGraph load_semver_graph(IndexDatabase& database, const Bundle& bundle,
                                            std::vector<Problem>& problems);

/// Puts `bundle` into the chain of each of its channels by its version (5.5, steps 2 and 3). What
/// breaks a rule goes to `problems`.
void place_by_version(SemverGraph& graph, const Bundle& bundle, UpdateMode mode,
                      std::vector<Problem>& problems);

/// The rows of `graph` (5.5, step 4). What breaks a rule goes to `problems`, in the name of
/// `bundle`.
[[nodiscard]] PackageGraph rows_of(const SemverGraph& graph, const Bundle& bundle,
                                   std::vector<Problem>& problems);

/// Adds one bundle, rows and graph. Returns what is wrong; the database is of no use then.
[[nodiscard]] std::vector<Problem> add_by_version(IndexDatabase& database, const Bundle& bundle,
                                                  UpdateMode mode);

/// Clears the payloads of every bundle that heads no channel (section 7).
void clear_payloads(IndexDatabase& database);

}  // namespace iib::catalog
