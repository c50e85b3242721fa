#pragma once

#include "catalog/index_database.hpp"
#include "catalog/update_graph.hpp"

#include <optional>
#include <string>
#include <vector>

namespace iib::catalog {

/// A real bundle with entries in a package, and the channels of its entries.
struct PackageMember {
  std::string name;
  std::string version;
  std::vector<std::string> channels;
};

/// The real bundles of `package`, by name.
[[nodiscard]] std::vector<PackageMember> package_members(IndexDatabase& database,
                                                         const std::string& package);

/// The default channel of `package`; nothing when it has none or does not exist.
[[nodiscard]] std::optional<std::string> default_channel(IndexDatabase& database,
                                                         const std::string& package);

/// The graph of `package` as readers see it.
[[nodiscard]] PackageNodes load_graph(IndexDatabase& database, const std::string& package);

/// Replaces all rows of the package in `package`, `channel` and `channel_entry` by those of
/// `graph`.
void rewrite_graph(IndexDatabase& database, const PackageGraph& graph);

}  // namespace iib::catalog
