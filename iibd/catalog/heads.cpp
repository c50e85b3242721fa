#include "catalog/replaces_mode.hpp"
#include "catalog/version.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <compare>

namespace iib::catalog {
namespace {

/// A candidate and its parsed version.
struct Ranked {
  const Candidate* bundle;
  Version version;
};

/// The highest so far, and who else has the same version.
struct Top {
  const Ranked* bundle = nullptr;
  const Ranked* tied = nullptr;

  /// Takes `other` if it is at least as high. A name counts once: one that was a mere name in the
  /// package and is now added is among the existing and the new ones.
  bool offer(const Ranked& other) {
    if (bundle == nullptr) {
      bundle = &other;
      return true;
    }
    const auto order = other.version.full_order(bundle->version);
    if (std::is_lt(order)) return false;
    const bool same_version = std::is_eq(order);
    const bool same_name = other.bundle->name == bundle->bundle->name;
    if (!same_version) tied = nullptr;
    if (same_version && !same_name) tied = bundle;
    bundle = &other;
    return true;
  }
};

std::string title(const Candidate& bundle) {
  if (bundle.pull_spec.empty()) return fmt::format("bundle {} of the index", bundle.name);
  return fmt::format("bundle {} ({})", bundle.name, bundle.pull_spec);
}

Problem problem_of(const PackageCandidates& package, const Candidate& bundle,
                   const std::string& channel, ProblemKind kind, std::string text) {
  return Problem{.kind = kind,
                 .bundle = bundle.name,
                 .pull_spec = bundle.pull_spec,
                 .package = package.package,
                 .channel = channel,
                 .text = std::move(text)};
}

/// `bundles` with versions, ascending by version and name.
std::vector<Ranked> rank(const PackageCandidates& package, const std::vector<Candidate>& bundles,
                         std::vector<Problem>& problems) {
  std::vector<Ranked> ranked;
  for (const auto& bundle : bundles) {
    auto version = bundle.version.empty() ? Version::lowest() : Version::parse(bundle.version);
    if (version) {
      ranked.push_back({&bundle, std::move(*version)});
      continue;
    }
    problems.push_back(problem_of(
        package, bundle, {}, ProblemKind::invalid_graph,
        fmt::format("{} in package {} has version \"{}\", which is no semantic version, so its "
                    "place in the channels cannot be found: set spec.version to one like 1.2.3",
                    title(bundle), package.package, bundle.version)));
  }
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    const auto order = a.version.full_order(b.version);
    return std::is_neq(order) ? std::is_lt(order) : a.bundle->name < b.bundle->name;
  });
  return ranked;
}

void refuse_ties(const PackageCandidates& package, const Top& maximum,
                 const std::map<std::string, Top, std::less<>>& tops,
                 std::vector<Problem>& problems) {
  const auto refuse = [&](const Top& top, const std::string& channel, const std::string& where) {
    if (top.tied == nullptr) return;
    const auto& bundle = *top.bundle->bundle;
    problems.push_back(
        problem_of(package, bundle, channel, ProblemKind::invalid_graph,
                   fmt::format("{} and {} have the same version {}, so neither can be the highest "
                               "of {}: give one of them another version",
                               title(bundle), title(*top.tied->bundle), bundle.version, where)));
  };
  refuse(maximum, {}, fmt::format("package {}", package.package));
  for (const auto& [channel, top] : tops) {
    refuse(top, channel, fmt::format("channel {} of package {}", channel, package.package));
  }
}

void choose_default(const PackageCandidates& package, const std::string& wanted, Heads& heads,
                    std::vector<Problem>& problems) {
  const auto& channels = heads.by_channel;
  const bool single = channels.size() == 1 && (wanted.empty() || channels.contains(wanted));
  if (single) {
    heads.default_channel = channels.begin()->first;
    return;
  }
  if (channels.contains(wanted)) {
    heads.default_channel = wanted;
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& [name, head] : channels) names.push_back(name);
  const auto text = fmt::format(
      "package {} would have {}: its channels are {}; set the annotation "
      "operators.operatorframework.io.bundle.channel.default.v1 of the highest bundle to one of "
      "them",
      package.package,
      wanted.empty() ? "no default channel"
                     : fmt::format("the default channel {}, which it does not have", wanted),
      fmt::join(names, ", "));
  for (const auto& bundle : package.added) {
    problems.push_back(problem_of(package, bundle, wanted, ProblemKind::default_channel, text));
  }
}

}  // namespace

Heads choose_heads(const PackageCandidates& package, std::vector<Problem>& problems) {
  const auto problems_before = problems.size();
  Heads heads;
  try {
    auto all = rank(package, package.existing, problems);
    auto added = rank(package, package.added, problems);
    std::move(added.begin(), added.end(), std::back_inserter(all));
    const auto zero = Version::parse("0.0.0").value();
    Top maximum;
    std::map<std::string, Top, std::less<>> tops;
    std::string wanted;
    for (const auto& ranked : all) {
      for (const auto& channel : ranked.bundle->channels) tops[channel].offer(ranked);
      const bool counts = std::is_gteq(ranked.version.full_order(zero));
      if (counts && maximum.offer(ranked) && !ranked.bundle->default_channel.empty()) {
        wanted = ranked.bundle->default_channel;
      }
    }
    if (problems.size() > problems_before) return heads;
    refuse_ties(package, maximum, tops, problems);
    for (const auto& [channel, top] : tops) heads.by_channel[channel] = top.bundle->bundle->name;
    choose_default(package, wanted, heads, problems);
  } catch (const UserError& error) {
    problems.push_back(problem_of(package, package.added.front(), {}, ProblemKind::invalid_graph,
                                  fmt::format("package {}: {}", package.package, error.what())));
  }
  return heads;
}

}  // namespace iib::catalog
