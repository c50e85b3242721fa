#include "catalog/replaces_mode.hpp"

#include "catalog/properties.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::catalog {
namespace {

/// One walk down a channel.
class Walk {
 public:
  Walk(const std::string& package, const std::string& channel, const FindBundle& find,
       const std::set<std::string, std::less<>>& deprecated)
      : package_{package}, find_{find}, deprecated_{deprecated} {
    result_.channel.name = channel;
  }

  ChannelWalk run(const std::string& head, std::vector<Problem>& problems) {
    result_.channel.head = head;
    std::size_t current = add(head);
    ++depth_;
    seen_.insert(head);
    for (auto bundle = find_(head); bundle;) {
      result_.visited.push_back(*bundle);
      if (deprecated_.contains(bundle->name)) break;  // nothing below it, neither way
      add_skips(*bundle);
      const auto& next = bundle->edges.replaces;
      if (next.empty()) break;
      const auto target = add(next);
      if (!seen_.insert(next).second) {
        problems.push_back(cycle(*bundle));
        break;
      }
      entries()[current].replaces = target;
      auto replaced = find_(next);
      if (!replaced) problems.push_back(missing(*bundle));
      bundle = std::move(replaced);
      current = target;
      ++depth_;
    }
    return std::move(result_);
  }

 private:
  std::vector<Entry>& entries() { return result_.channel.entries; }

  std::size_t add(const std::string& name) {
    entries().push_back({.bundle = name, .depth = depth_, .replaces = {}});
    return entries().size() - 1;
  }

  /// A pair of entries for each skipped name, which need not exist.
  void add_skips(const StoredBundle& bundle) {
    for (const auto& name : bundle.edges.skips) {
      const auto skipped = add(name);
      entries()[add(bundle.name)].replaces = skipped;
      ++depth_;
    }
  }

  [[nodiscard]] Problem problem(const StoredBundle& bundle, ProblemKind kind,
                                std::string text) const {
    return Problem{.kind = kind,
                   .bundle = bundle.name,
                   .pull_spec = bundle.pull_spec,
                   .package = package_,
                   .channel = result_.channel.name,
                   .text = std::move(text)};
  }

  [[nodiscard]] Problem cycle(const StoredBundle& bundle) const {
    const auto& next = bundle.edges.replaces;
    return problem(
        bundle, ProblemKind::cycle,
        fmt::format("bundle {} ({}) in channel {} of package {} replaces {}, which leads "
                    "back to it: change spec.replaces so that updates end somewhere",
                    bundle.name, bundle.pull_spec, result_.channel.name, package_, next));
  }

  [[nodiscard]] Problem missing(const StoredBundle& bundle) const {
    const auto& next = bundle.edges.replaces;
    return problem(
        bundle, ProblemKind::replaces_missing,
        fmt::format("bundle {} ({}) in channel {} of package {} replaces {}, which is not in the "
                    "index: add {} first, or change spec.replaces",
                    bundle.name, bundle.pull_spec, result_.channel.name, package_, next, next));
  }

  const std::string& package_;
  const FindBundle& find_;
  const std::set<std::string, std::less<>>& deprecated_;
  ChannelWalk result_;
  std::set<std::string, std::less<>> seen_;
  int depth_ = 0;
};

Problem no_default_left(const PackageCandidates& package, const Heads& heads) {
  const auto& channel = heads.default_channel;
  const auto& bundle = package.added.front();
  return Problem{.kind = ProblemKind::default_channel,
                 .bundle = bundle.name,
                 .pull_spec = bundle.pull_spec,
                 .package = package.package,
                 .channel = channel,
                 .text = fmt::format(
                     "package {} would lose its default channel {}: its head {} is deprecated; "
                     "add a higher bundle to that channel or choose another default channel",
                     package.package, channel, heads.by_channel.at(channel))};
}

}  // namespace

ChannelWalk walk_channel(const std::string& package, const std::string& channel,
                         const std::string& head, const FindBundle& find,
                         const std::set<std::string, std::less<>>& deprecated,
                         std::vector<Problem>& problems) {
  return Walk{package, channel, find, deprecated}.run(head, problems);
}

std::vector<Problem> rebuild_package(IndexDatabase& database, const PackageCandidates& package) {
  std::vector<Problem> problems;
  const auto heads = choose_heads(package, problems);
  if (!problems.empty()) return problems;
  const auto deprecated = deprecated_names(database);
  // Edges lie behind the payloads in a row, so each bundle is read once for all channels.
  std::map<std::string, std::optional<StoredBundle>, std::less<>> known;
  const FindBundle find = [&](const std::string& name) {
    const auto [entry, is_new] = known.try_emplace(name);
    if (is_new) entry->second = find_bundle(database, name);
    return entry->second;
  };
  PackageGraph graph{
      .package = package.package, .default_channel = heads.default_channel, .channels = {}};
  std::vector<StoredBundle> visited;
  for (const auto& [channel, head] : heads.by_channel) {
    if (deprecated.contains(head)) {
      if (channel == heads.default_channel) problems.push_back(no_default_left(package, heads));
      continue;
    }
    auto walk = walk_channel(package.package, channel, head, find, deprecated, problems);
    graph.channels.push_back(std::move(walk.channel));
    std::move(walk.visited.begin(), walk.visited.end(), std::back_inserter(visited));
  }
  if (!problems.empty()) return problems;
  rewrite_graph(database, graph);
  for (const auto& bundle : visited) {
    insert_property(
        database, bundle,
        {.type = "olm.package", .value = package_property(package.package, bundle.version)});
  }
  return problems;
}

}  // namespace iib::catalog
