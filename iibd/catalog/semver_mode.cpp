#include "catalog/semver_mode.hpp"

#include "catalog/bundle_rows.hpp"
#include "catalog/graph_rows.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::catalog {
namespace {

constexpr auto kVersions = R"sql(
  SELECT DISTINCT bundle.name, bundle.version
    FROM channel_entry AS entry
    JOIN operatorbundle AS bundle INDEXED BY pk ON bundle.name = entry.operatorbundle_name
   WHERE entry.package_name = :package
)sql";

constexpr auto kClearPayloads = R"sql(
  UPDATE operatorbundle SET csv = NULL, bundle = NULL
   WHERE (csv IS NOT NULL OR bundle IS NOT NULL)
     AND name NOT IN (SELECT head_operatorbundle_name FROM channel
                       WHERE head_operatorbundle_name IS NOT NULL)
     AND coalesce(bundlepath, '') <> ''
)sql";

Problem unusable_graph(const Bundle& bundle, const std::string& channel,
                       const ChannelNodes& nodes) {
  const auto heads = nodes.heads.empty()
                         ? std::string{"no head"}
                         : fmt::format("several heads: {}", fmt::join(nodes.heads, ", "));
  return Problem{.kind = ProblemKind::invalid_graph,
                 .bundle = bundle.name,
                 .pull_spec = bundle.pull_spec,
                 .package = bundle.package,
                 .channel = channel,
                 .text = fmt::format(
                     "bundle {} ({}) cannot be placed: channel {} of package {} has {}; add it "
                     "with the mode replaces",
                     bundle.name, bundle.pull_spec, channel, bundle.package, heads)};
}

}  // namespace

SemverGraph load_semver_graph(IndexDatabase& database, const Bundle& bundle,
                              std::vector<Problem>& problems) {
  SemverGraph graph{
      .package = bundle.package, .default_channel = {}, .channels = {}, .versions = {}};
  const auto current = default_channel(database, bundle.package);
  if (!current) return graph;
  graph.default_channel = *current;
  for (auto& [name, nodes] : load_graph(database, bundle.package)) {
    if (nodes.heads.size() != 1) {
      problems.push_back(unusable_graph(bundle, name, nodes));
      continue;
    }
    graph.channels.emplace(
        name, SemverGraph::Channel{.head = nodes.heads.front(), .nodes = std::move(nodes.edges)});
  }
  auto read = database.use(kVersions);
  read->bind(":package", bundle.package);
  while (read->executeStep()) {
    graph.versions.emplace(read->getColumn(0).getString(), read->getColumn(1).getString());
  }
  return graph;
}

std::vector<Problem> add_by_version(IndexDatabase& database, const Bundle& bundle,
                                    UpdateMode mode) {
  std::vector<Problem> problems;
  auto graph = load_semver_graph(database, bundle, problems);
  if (!problems.empty()) return problems;
  place_by_version(graph, bundle, mode, problems);
  if (!problems.empty()) return problems;
  insert_bundle(database, bundle);
  const auto rows = rows_of(graph, bundle, problems);
  if (problems.empty()) rewrite_graph(database, rows);
  return problems;
}

void clear_payloads(IndexDatabase& database) {
  database.use(kClearPayloads)->exec();
}

}  // namespace iib::catalog
