#include "catalog/addition_checks.hpp"
#include "catalog/bundle_problem.hpp"
#include "catalog/graph_rows.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <utility>

namespace iib::catalog {
namespace {

/// One package's channels and what their heads lead to.
struct Reach {
  PackageNodes channels;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> reachable;
  /// Why the graph cannot be followed; empty when it can.
  std::string unusable;
};

Reach reach_of(IndexDatabase& database, const std::string& package) {
  Reach reach;
  reach.channels = load_graph(database, package);
  for (const auto& [channel, nodes] : reach.channels) {
    if (nodes.heads.size() == 1) {
      reach.reachable.emplace(channel, nodes.reachable());
      continue;
    }
    reach.unusable =
        nodes.heads.empty()
            ? fmt::format(
                  "channel {} of package {} has no head: every bundle in it is replaced "
                  "or skipped by another, or by itself; change replaces and skips",
                  channel, package)
            : fmt::format(
                  "channel {} of package {} has several heads: {}; one of them must "
                  "replace or skip the others",
                  channel, package, fmt::join(nodes.heads, ", "));
  }
  return reach;
}

void check_channel(const Bundle& bundle, const std::string& channel, const Reach& reach,
                   std::vector<Problem>& problems) {
  const auto found = reach.reachable.find(channel);
  if (found == reach.reachable.end()) {
    problems.push_back(problem(
        bundle, channel, ProblemKind::prunes,
        fmt::format("bundle {} ({}) would be lost: channel {} of package {} would not exist, "
                    "because its head is deprecated; add a higher bundle to it",
                    bundle.name, bundle.pull_spec, channel, bundle.package)));
    return;
  }
  if (found->second.contains(bundle.name)) return;
  const auto& head = reach.channels.find(channel)->second.heads.front();
  problems.push_back(problem(
      bundle, channel, ProblemKind::prunes,
      fmt::format("bundle {} ({}) would be lost in channel {} of package {}: its head {} does not "
                  "lead to it; {}, or a bundle that it leads to, must replace or skip {}",
                  bundle.name, bundle.pull_spec, channel, bundle.package, head, head,
                  bundle.name)));
}

}  // namespace

std::vector<Problem> check_reachability(IndexDatabase& database, std::span<const Bundle> bundles) {
  std::vector<Problem> problems;
  std::map<std::string, Reach> packages;
  for (const auto& bundle : bundles) {
    const auto [entry, is_new] = packages.try_emplace(bundle.package);
    if (is_new) entry->second = reach_of(database, bundle.package);
    const auto& reach = entry->second;
    if (!reach.unusable.empty()) {
      problems.push_back(problem(bundle, {}, ProblemKind::invalid_graph,
                                 fmt::format("bundle {} ({}) cannot be verified: {}", bundle.name,
                                             bundle.pull_spec, reach.unusable)));
      continue;
    }
    for (const auto& channel : bundle.channels) check_channel(bundle, channel, reach, problems);
  }
  return problems;
}

}  // namespace iib::catalog
