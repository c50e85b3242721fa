#include "nesting.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace iib::task {
namespace {

/// Identity -> the bundles that it names.
using Children = std::map<std::string, std::vector<NamedBundle>>;

void require_fewer(std::size_t found, std::size_t most) {
  if (found < most) return;
  throw UserError{fmt::format(
      "{} bundles were found below parent_bundle_image, and "
      "iib_max_recursive_related_bundles allows fewer than {}: give a bundle that names "
      "fewer, or ask the operator of this service for a higher limit",
      found, most)};
}

Children find_all(const NamedBundle& parent, std::size_t most, const FindChildren& find_children) {
  Children children;
  std::set<std::string> seen{parent.identity};
  std::deque<NamedBundle> waiting{parent};
  while (!waiting.empty()) {
    const auto bundle = std::move(waiting.front());
    waiting.pop_front();
    auto& named = children[bundle.identity];
    named = find_children(bundle);
    for (const auto& child : named) {
      if (!seen.insert(child.identity).second) continue;
      require_fewer(seen.size() - 1, most);
      waiting.push_back(child);
    }
  }
  return children;
}

/// Looks for a bundle below itself, down from the last of `way`.
void require_no_circle(const Children& children, std::vector<NamedBundle>& way,
                       std::set<std::string>& done) {
  const auto current = way.back().identity;
  for (const auto& child : children.at(current)) {
    const auto again = std::ranges::find(way, child.identity, &NamedBundle::identity);
    if (again != way.end()) {
      std::string circle;
      for (auto step = again; step != way.end(); ++step) circle += step->pull_spec + " -> ";
      throw UserError{fmt::format(
          "the bundles name each other in a cycle: {}{}; bundles that are given by digest cannot",
          circle, child.pull_spec)};
    }
    if (done.contains(child.identity)) continue;
    way.push_back(child);
    require_no_circle(children, way, done);
    way.pop_back();
  }
  done.insert(current);
}

}  // namespace

std::vector<std::string> deepest_first(const NamedBundle& parent, std::size_t most,
                                       const FindChildren& find_children) {
  const auto children = find_all(parent, most, find_children);
  std::vector<NamedBundle> way{parent};
  std::set<std::string> done;
  require_no_circle(children, way, done);

  std::vector<NamedBundle> order;  // from `parent` down, each at its deepest level
  for (std::vector<NamedBundle> level{parent}; !level.empty();) {
    std::vector<NamedBundle> below;
    for (const auto& bundle : level) {
      std::erase_if(order, [&](const auto& other) { return other.identity == bundle.identity; });
      order.push_back(bundle);
    }
    for (const auto& bundle : level) {
      for (const auto& child : children.at(bundle.identity)) {
        std::erase_if(below, [&](const auto& other) { return other.identity == child.identity; });
        below.push_back(child);
      }
    }
    level = std::move(below);
  }
  std::vector<std::string> pull_specs;
  for (const auto& bundle : order) pull_specs.insert(pull_specs.begin(), bundle.pull_spec);
  return pull_specs;
}

}  // namespace iib::task
