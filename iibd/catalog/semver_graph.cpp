#include "catalog/bundle_problem.hpp"
#include "catalog/semver_mode.hpp"
#include "catalog/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <utility>

namespace iib::catalog {
namespace {

using Node = std::pair<const std::string, std::set<std::string, std::less<>>>;

std::string title(const Bundle& bundle) {
  return fmt::format("bundle {} ({})", bundle.name, bundle.pull_spec);
}

/// Where a bundle belongs among the nodes of a channel.
struct Neighbours {
  const std::string* ahead = nullptr;
  const std::string* behind = nullptr;
  /// With skippatch: lower nodes of the same minor version.
  std::vector<std::string> patches;
};

class Placement {
 public:
  Placement(SemverGraph& graph, const Bundle& bundle, const Version& version, UpdateMode mode,
            std::vector<Problem>& problems)
      : graph_{graph}, bundle_{bundle}, version_{version}, mode_{mode}, problems_{problems} {}

  void place_in(const std::string& name) {
    auto& channel = graph_.channels[name];
    const auto neighbours = find_neighbours(name, channel);
    if (!neighbours) return;
    std::set<std::string, std::less<>> edges;
    if (neighbours->behind != nullptr) edges.insert(*neighbours->behind);
    if (neighbours->ahead == nullptr) {
      channel.head = bundle_.name;
    } else {
      // Its other edges, to names that were skipped, are lost, as in the reference.
      channel.nodes.find(*neighbours->ahead)->second = {bundle_.name};
    }
    for (const auto& patch : neighbours->patches) {
      edges.insert(patch);
      channel.nodes.erase(patch);
    }
    channel.nodes[bundle_.name] = std::move(edges);
  }

 private:
  std::optional<Neighbours> find_neighbours(const std::string& name,
                                            const SemverGraph::Channel& channel) {
    Neighbours found;
    std::optional<Version> ahead;
    std::optional<Version> behind;
    for (const auto& [node, edges] : channel.nodes) {
      const auto version = parse_stored(name, node);
      if (!version) return std::nullopt;
      const auto order = version->precedence(version_);
      if (std::is_eq(order)) {
        refuse_equal(name, node);
        return std::nullopt;
      }
      if (std::is_gt(order) && (!ahead || std::is_lt(version->precedence(*ahead)))) {
        ahead = version;
        found.ahead = &node;
      }
      if (std::is_lt(order) && (!behind || std::is_gt(version->precedence(*behind)))) {
        behind = version;
        found.behind = &node;
      }
      const bool same_minor =
          version->major() == version_.major() && version->minor() == version_.minor();
      if (mode_ == UpdateMode::semver_skippatch && std::is_lt(order) && same_minor) {
        found.patches.push_back(node);
      }
    }
    return found;
  }

  std::optional<Version> parse_stored(const std::string& channel, const std::string& node) {
    const auto& text = graph_.versions[node];
    auto version = Version::parse(text);
    if (!version) {
      problems_.push_back(problem(
          bundle_, channel, ProblemKind::invalid_graph,
          fmt::format(
              "{} cannot be placed in channel {} of package {}: bundle {} in it has version "
              "\"{}\", which is no semantic version; only the mode replaces works here",
              title(bundle_), channel, bundle_.package, node, text)));
    }
    return version;
  }

  void refuse_equal(const std::string& channel, const std::string& node) {
    problems_.push_back(problem(
        bundle_, channel, ProblemKind::exists,
        fmt::format("{} has version {}, but channel {} of package {} has bundle {} with that "
                    "version {} already: give the new one another version",
                    title(bundle_), bundle_.version, channel, bundle_.package, node,
                    graph_.versions[node])));
  }

  SemverGraph& graph_;
  const Bundle& bundle_;
  const Version& version_;
  UpdateMode mode_;
  std::vector<Problem>& problems_;
};

/// Writes one channel from its head down.
class ChannelWriter {
 public:
  ChannelWriter(const SemverGraph& graph, const std::string& name,
                const SemverGraph::Channel& channel)
      : graph_{graph},
        channel_{channel},
        rows_{.name = name, .head = channel.head, .entries = {}} {}

  /// Follows the chain; false when it ends before every node was passed.
  bool write() {
    std::string current = channel_.head;
    std::optional<std::size_t> previous;
    std::size_t depth = 0;
    for (; depth < channel_.nodes.size(); ++depth) {
      const auto entry = add(current, depth);
      if (previous) rows_.entries[*previous].replaces = entry;
      previous = entry;
      const auto node = channel_.nodes.find(current);
      if (node == channel_.nodes.end()) break;
      add_stubs(*node, depth);
      const auto* next = next_node(*node);
      if (next == nullptr) break;
      current = *next;
    }
    passed_ = depth + 1;
    return passed_ == channel_.nodes.size();
  }

  [[nodiscard]] std::size_t passed() const noexcept { return passed_; }
  [[nodiscard]] ChannelGraph take() { return std::move(rows_); }

 private:
  std::size_t add(const std::string& bundle, std::size_t depth) {
    rows_.entries.push_back({.bundle = bundle, .depth = static_cast<int>(depth), .replaces = {}});
    return rows_.entries.size() - 1;
  }

  void add_stubs(const Node& node, std::size_t depth) {
    std::vector<std::string> stubs;
    for (const auto& target : node.second) {
      if (!channel_.nodes.contains(target)) stubs.push_back(target);
    }
    std::stable_sort(stubs.begin(), stubs.end(),
                     [&](const auto& a, const auto& b) { return lower(a, b); });
    for (const auto& stub : stubs) {
      ++depth;
      const auto skipped = add(stub, depth);
      rows_.entries[add(node.first, depth)].replaces = skipped;
    }
  }

  /// The highest of the nodes that `node` leads to (0.3).
  const std::string* next_node(const Node& node) const {
    const std::string* next = nullptr;
    for (const auto& target : node.second) {
      if (!channel_.nodes.contains(target)) continue;
      if (next == nullptr || lower(*next, target)) next = &target;
    }
    return next;
  }

  /// By version; names without one come first.
  [[nodiscard]] bool lower(const std::string& a, const std::string& b) const {
    const auto version = [&](const std::string& name) -> std::optional<Version> {
      const auto found = graph_.versions.find(name);
      return found == graph_.versions.end() ? std::nullopt : Version::parse(found->second);
    };
    const auto left = version(a);
    const auto right = version(b);
    if (!left || !right) return !left && right.has_value();
    return std::is_lt(left->precedence(*right));
  }

  const SemverGraph& graph_;
  const SemverGraph::Channel& channel_;
  ChannelGraph rows_;
  std::size_t passed_ = 0;
};

}  // namespace

void place_by_version(SemverGraph& graph, const Bundle& bundle, UpdateMode mode,
                      std::vector<Problem>& problems) {
  const auto version = Version::parse(bundle.version);
  if (!version) {
    problems.push_back(problem(
        bundle, {}, ProblemKind::invalid_graph,
        fmt::format("{} of package {} has version \"{}\", which is no semantic version; the modes "
                    "semver and semver-skippatch need spec.version to be one like 1.2.3",
                    title(bundle), bundle.package, bundle.version)));
    return;
  }
  if (!bundle.default_channel.empty()) graph.default_channel = bundle.default_channel;
  if (graph.default_channel.empty()) {
    graph.default_channel = *std::min_element(bundle.channels.begin(), bundle.channels.end());
  }
  graph.versions[bundle.name] = bundle.version;
  Placement placement{graph, bundle, *version, mode, problems};
  for (const auto& channel : bundle.channels) placement.place_in(channel);
}

PackageGraph rows_of(const SemverGraph& graph, const Bundle& bundle,
                     std::vector<Problem>& problems) {
  PackageGraph rows{
      .package = graph.package, .default_channel = graph.default_channel, .channels = {}};
  if (!graph.channels.contains(graph.default_channel)) {
    problems.push_back(
        problem(bundle, graph.default_channel, ProblemKind::default_channel,
                fmt::format("{} would make {} the default channel of package {}, which has no such "
                            "channel: change its annotation "
                            "operators.operatorframework.io.bundle.channel.default.v1",
                            title(bundle), graph.default_channel, graph.package)));
    return rows;
  }
  for (const auto& [name, channel] : graph.channels) {
    ChannelWriter writer{graph, name, channel};
    if (!writer.write()) {
      problems.push_back(problem(
          bundle, name, ProblemKind::invalid_graph,
          fmt::format("{} breaks channel {} of package {}: from its head {} only {} of {} bundles "
                      "can be reached; this happens to semver-skippatch when there is an older "
                      "minor version, and to packages built with replaces: add it with the mode {}",
                      title(bundle), name, graph.package, channel.head, writer.passed(),
                      channel.nodes.size(), "replaces")));
    }
    rows.channels.push_back(writer.take());
  }
  return rows;
}

}  // namespace iib::catalog
