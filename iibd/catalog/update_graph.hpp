#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace iib::catalog {

/// A row of `channel_entry` to be written.
struct Entry {
  std::string bundle;
  int depth = 0;
  /// Index of the entry that this one replaces, in the list that both are in.
  std::optional<std::size_t> replaces;
};

/// A channel to be written: its head and its entries in the order of their ids.
struct ChannelGraph {
  std::string name;
  std::string head;
  std::vector<Entry> entries;
};

/// The rows of `package`, `channel` and `channel_entry` of one package; channels bytewise by name.
struct PackageGraph {
  std::string package;
  std::string default_channel;
  std::vector<ChannelGraph> channels;
};

/// A channel as loaded (catalog-sqlite 5.5, step 1).
struct ChannelNodes {
  /// What no other node leads to; more than one, or none, makes the graph unusable.
  std::vector<std::string> heads;
  /// For each real bundle the names that its entries lead to, names without a bundle included.
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> edges;

  /// The nodes that following edges from the head leads to, the head included.
  [[nodiscard]] std::set<std::string, std::less<>> reachable() const;
};

/// The channels of a package by name.
using PackageNodes = std::map<std::string, ChannelNodes, std::less<>>;

}  // namespace iib::catalog
