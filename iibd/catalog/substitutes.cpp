#include "catalog/substitutes.hpp"

#include "catalog/bundle_problem.hpp"
#include "catalog/bundle_rows.hpp"
#include "catalog/version.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <deque>
#include <functional>
#include <set>
#include <utility>

namespace iib::catalog {
namespace {

Problem cannot_substitute(const Bundle& bundle, ProblemKind kind, std::string_view reason) {
  return problem(
      bundle, {}, kind,
      fmt::format("bundle {} ({}) of package {} cannot substitute for {}: {}", bundle.name,
                  bundle.pull_spec, bundle.package, bundle.substitutes_for, reason));
}

void append_new(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// Compares two versions; nothing when one of them is none.
std::optional<std::strong_ordering> compare(const std::string& a, const std::string& b) {
  const auto left = a.empty() ? Version::lowest() : Version::parse(a);
  const auto right = b.empty() ? Version::lowest() : Version::parse(b);
  if (!left || !right) return std::nullopt;
  try {
    return left->full_order(*right);
  } catch (const UserError&) {
    return std::nullopt;
  }
}

}  // namespace

Substitutes::Substitutes(IndexDatabase& database) : database_{database} {
  auto read = database_.use(
      "SELECT name, substitutesfor FROM operatorbundle WHERE coalesce(substitutesfor, '') <> ''");
  while (read->executeStep()) {
    substituted_.emplace(read->getColumn(0).getString(), read->getColumn(1).getString());
  }
}

std::optional<Problem> Substitutes::apply(Bundle& bundle) {
  if (!bundle.substitutes_for.empty()) {
    if (leads_to(bundle.substitutes_for, bundle.name)) {
      return cannot_substitute(bundle, ProblemKind::cycle,
                               "that leads back to the bundle itself; change the annotation "
                               "olm.substitutesFor");
    }
    redirect_replacers(bundle.substitutes_for, bundle.name);
    if (auto found = join_line(bundle)) return found;
  }
  std::vector<std::string> skips;
  for (const auto& name : bundle.edges.skips) append_new(skips, name);
  bundle.edges.skips = std::move(skips);
  Bundle changed;
  changed.name = bundle.name;
  changed.edges = bundle.edges;
  skip_line(changed);
  // Several substitutes of one bundle end the procedure early, and nothing more is stored.
  if (!extend_successors(changed)) return std::nullopt;
  if (auto edges = redirect(changed)) bundle.edges = std::move(*edges);
  return std::nullopt;
}

std::vector<std::string> Substitutes::of(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& [substitute, substituted] : substituted_) {
    if (substituted == name) names.push_back(substitute);
  }
  return names;
}

/// Whether `name` substitutes for `target`, be it by way of others, or is it.
bool Substitutes::leads_to(const std::string& name, const std::string& target) const {
  std::set<std::string, std::less<>> seen;
  std::string_view current = name;
  while (current != target) {
    const auto next = substituted_.find(std::string{current});
    if (next == substituted_.end() || !seen.insert(next->second).second) return false;
    current = next->second;
  }
  return true;
}

/// Step 1: finds the place of `bundle` among those that substitute for the same one.
std::optional<Problem> Substitutes::join_line(Bundle& bundle) {
  const auto others = of(bundle.substitutes_for);
  std::deque<std::string> waiting(others.begin(), others.end());
  std::set<std::string> seen{bundle.name};
  while (!waiting.empty()) {
    const auto other = std::move(waiting.front());
    waiting.pop_front();
    if (!seen.insert(other).second) continue;
    const auto stored = find_bundle(database_, other);
    const auto order = compare(stored ? stored->version : "", bundle.version);
    if (!order || std::is_eq(*order)) {
      return cannot_substitute(
          bundle, ProblemKind::invalid_graph,
          fmt::format("its version {} cannot be told from that of {}, which substitutes for the "
                      "same bundle; give it a version of its own, like 1.2.3+4",
                      bundle.version, other));
    }
    if (std::is_lt(*order)) {
      bundle.substitutes_for = other;
      const auto next = of(other);
      waiting.insert(waiting.end(), next.begin(), next.end());
      continue;
    }
    substituted_[other] = bundle.name;
    append_skips(other, bundle);
    auto update =
        database_.use("UPDATE operatorbundle SET substitutesfor = :substituted WHERE name = :name");
    update->bind(":substituted", bundle.name);
    update->bind(":name", other);
    update->exec();
    if (of(bundle.name).size() > 1) {
      return cannot_substitute(bundle, ProblemKind::invalid_graph,
                               "several bundles substitute for it; let each substitute for the "
                               "next lower one");
    }
  }
  substituted_[bundle.name] = bundle.substitutes_for;
  return std::nullopt;
}

/// Step 2: a substitute skips all that it stands for.
void Substitutes::skip_line(Bundle& bundle) const {
  std::set<std::string> seen{bundle.name};
  for (auto next = substituted_.find(bundle.name); next != substituted_.end();
       next = substituted_.find(next->second)) {
    if (!seen.insert(next->second).second) return;
    append_new(bundle.edges.skips, next->second);
  }
}

/// Step 3: those who substitute for `bundle` skip what it skips. False when the line is not one.
bool Substitutes::extend_successors(const Bundle& bundle) {
  std::set<std::string> seen{bundle.name};
  for (auto next = of(bundle.name); !next.empty(); next = of(next.front())) {
    if (next.size() > 1) return false;
    if (!seen.insert(next.front()).second) return true;
    append_skips(next.front(), bundle);
  }
  return true;
}

/// Steps 4 and 5: skipped and replaced bundles give way to their substitutes. Nothing when there
/// are several for one.
std::optional<Edges> Substitutes::redirect(const Bundle& bundle) const {
  auto edges = bundle.edges;
  for (std::size_t i = 0; i < edges.skips.size(); ++i) {
    const auto substitutes = of(edges.skips[i]);
    if (substitutes.size() > 1) return std::nullopt;
    for (const auto& name : substitutes) {
      if (name != bundle.name) append_new(edges.skips, name);
    }
  }
  std::set<std::string> seen;
  for (auto next = of(edges.replaces); !next.empty() && !edges.replaces.empty();
       next = of(edges.replaces)) {
    if (next.size() > 1) return std::nullopt;
    if (!seen.insert(next.front()).second) break;
    edges.replaces = next.front();
  }
  return edges;
}

void Substitutes::redirect_replacers(const std::string& from, const std::string& to) {
  auto update = database_.use("UPDATE operatorbundle SET replaces = :to WHERE replaces = :from");
  update->bind(":to", to);
  update->bind(":from", from);
  update->exec();
}

/// Adds what `bundle` skips, and `bundle` itself, to the skips of `name`.
void Substitutes::append_skips(const std::string& name, const Bundle& bundle) {
  auto stored = find_bundle(database_, name);
  if (!stored) return;
  auto& skips = stored->edges.skips;
  for (const auto& skipped : bundle.edges.skips) append_new(skips, skipped);
  append_new(skips, bundle.name);
  auto update = database_.use("UPDATE operatorbundle SET skips = :skips WHERE name = :name");
  update->bind(":skips", fmt::format("{}", fmt::join(skips, ",")));
  update->bind(":name", name);
  update->exec();
}

}  // namespace iib::catalog
