#include "catalog/addition.hpp"

#include "catalog/addition_checks.hpp"
#include "catalog/bundle_rows.hpp"
#include "catalog/graph_rows.hpp"
#include "catalog/overwrite.hpp"
#include "catalog/replaces_mode.hpp"
#include "catalog/schema.hpp"
#include "catalog/semver_mode.hpp"
#include "catalog/substitutes.hpp"
#include "catalog/version.hpp"
#include "iib/catalog/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace iib::catalog {
namespace {

/// Up to this many, passing over all entries for each costs less than an index of them.
constexpr std::size_t kFewBundles = 8;

void refuse_if_any(std::vector<Problem> problems) {
  if (!problems.empty()) throw Refused{std::move(problems)};
}

/// The fixed order of 0.3: ascending by version, then by name. What is no version comes last; it is
/// refused later, with its reason.
void sort_bundles(std::vector<Bundle>& bundles) {
  std::map<std::string, std::optional<Version>> versions;
  for (const auto& bundle : bundles) {
    versions.try_emplace(bundle.version, bundle.version.empty() ? Version::lowest()
                                                                : Version::parse(bundle.version));
  }
  std::sort(bundles.begin(), bundles.end(), [&](const Bundle& a, const Bundle& b) {
    const auto& left = versions.at(a.version);
    const auto& right = versions.at(b.version);
    if (left.has_value() != right.has_value()) return left.has_value();
    if (left) {
      if (const auto order = left->precedence(*right); std::is_neq(order)) return std::is_lt(order);
    }
    return std::tie(a.name, a.version) < std::tie(b.name, b.version);
  });
}

std::vector<Problem> check_substitutes(std::span<const Bundle> bundles) {
  std::vector<Problem> problems;
  for (const auto& bundle : bundles) {
    if (bundle.substitutes_for.empty()) continue;
    problems.push_back(
        {.kind = ProblemKind::unsupported,
         .bundle = bundle.name,
         .pull_spec = bundle.pull_spec,
         .package = bundle.package,
         .channel = {},
         .text = fmt::format("bundle {} ({}) substitutes for {}: the annotation "
                             "olm.substitutesFor is an alpha feature, which is not enabled",
                             bundle.name, bundle.pull_spec, bundle.substitutes_for)});
  }
  return problems;
}

PackageCandidates candidates_of(IndexDatabase& database, const std::string& package,
                                const std::vector<const Bundle*>& added) {
  PackageCandidates candidates{.package = package, .existing = {}, .added = {}};
  const auto current = default_channel(database, package).value_or("");
  for (auto& member : package_members(database, package)) {
    candidates.existing.push_back({.name = std::move(member.name),
                                   .version = std::move(member.version),
                                   .pull_spec = {},
                                   .channels = std::move(member.channels),
                                   .default_channel = current});
  }
  for (const auto* bundle : added) {
    candidates.added.push_back({.name = bundle->name,
                                .version = bundle->version,
                                .pull_spec = bundle->pull_spec,
                                .channels = bundle->channels,
                                .default_channel = bundle->default_channel});
  }
  return candidates;
}

void rebuild_packages(IndexDatabase& database, std::span<const Bundle> bundles,
                      const Cancellation& cancellation) {
  std::map<std::string, std::vector<const Bundle*>> packages;
  for (const auto& bundle : bundles) packages[bundle.package].push_back(&bundle);
  std::vector<Problem> problems;
  for (const auto& [package, added] : packages) {
    cancellation.check("making update graphs");
    auto found = rebuild_package(database, candidates_of(database, package, added));
    std::move(found.begin(), found.end(), std::back_inserter(problems));
  }
  refuse_if_any(std::move(problems));
}

/// Removes the heads that are given again (5.6). Only here bundles are deleted, so only here rows
/// must be found by what they refer to.
void remove_overwritten(IndexDatabase& database, std::span<const Bundle> bundles) {
  std::vector<const Bundle*> present;
  for (const auto& bundle : bundles) {
    if (find_bundle(database, bundle.name)) present.push_back(&bundle);
  }
  if (present.empty()) return;
  database.set_foreign_keys(ForeignKeys::enforced);
  add_working_schema(database);
  for (const auto* bundle : present) remove_overwritten(database, bundle->package, bundle->name);
  remove_working_schema(database);
  database.set_foreign_keys(ForeignKeys::ignored);
}

/// Replaces mode: all bundles, then the graph of each package.
void add_by_replaces(IndexDatabase& database, std::vector<Bundle>& bundles,
                     const PayloadSpool& spool, Substitutes* substitutes,
                     const Cancellation& cancellation) {
  std::vector<Problem> problems;
  for (auto& bundle : bundles) {
    cancellation.check("adding bundles");
    if (substitutes != nullptr) {
      if (auto found = substitutes->apply(bundle)) problems.push_back(std::move(*found));
    }
    spool.fetch(bundle);
    insert_bundle(database, bundle);
    PayloadSpool::drop(bundle);
  }
  refuse_if_any(std::move(problems));
  rebuild_packages(database, bundles, cancellation);
}

/// Semver modes: one bundle after the other. What follows a refused one of the same package would
/// only repeat its trouble.
void add_by_versions(IndexDatabase& database, std::vector<Bundle>& bundles,
                     const PayloadSpool& spool, UpdateMode mode, Substitutes* substitutes,
                     const Cancellation& cancellation) {
  std::vector<Problem> problems;
  std::set<std::string> spoiled;
  for (auto& bundle : bundles) {
    cancellation.check("adding bundles");
    if (spoiled.contains(bundle.package)) continue;
    std::vector<Problem> found;
    if (substitutes != nullptr) {
      if (auto refused = substitutes->apply(bundle)) found.push_back(std::move(*refused));
    }
    spool.fetch(bundle);
    if (found.empty()) found = add_by_version(database, bundle, mode);
    PayloadSpool::drop(bundle);
    if (!found.empty()) spoiled.insert(bundle.package);
    std::move(found.begin(), found.end(), std::back_inserter(problems));
  }
  refuse_if_any(std::move(problems));
  clear_payloads(database);
}

}  // namespace

void add_bundles(IndexDatabase& database, std::vector<Bundle> bundles, const PayloadSpool& spool,
                 const AddOptions& options, const Cancellation& cancellation) {
  const bool by_replaces = options.mode == UpdateMode::replaces;
  // The reference removes nothing in semver modes, where overwriting hence always fails.
  const auto same_name =
      options.overwrite_latest && by_replaces ? SameName::overwrite : SameName::refuse;
  sort_bundles(bundles);
  // Rows are written after those that they refer to, and graphs replaced whole: nothing to check.
  database.set_foreign_keys(ForeignKeys::ignored);
  std::optional<Substitutes> substitutes;
  if (options.enable_alpha) {
    substitutes.emplace(database);
  } else {
    refuse_if_any(check_substitutes(bundles));
  }
  auto* const alpha = substitutes ? &*substitutes : nullptr;
  refuse_if_any(check_addition(database, bundles, same_name));
  if (same_name == SameName::overwrite) remove_overwritten(database, bundles);
  const bool many = bundles.size() > kFewBundles;
  if (many) add_graph_index(database);
  if (by_replaces) {
    add_by_replaces(database, bundles, spool, alpha, cancellation);
  } else {
    add_by_versions(database, bundles, spool, options.mode, alpha, cancellation);
  }
  refuse_if_any(check_reachability(database, bundles));
  if (many) remove_graph_index(database);
}

}  // namespace iib::catalog
