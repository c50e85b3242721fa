#include "catalog/deprecation.hpp"

#include "catalog/bundle_rows.hpp"
#include "catalog/removal.hpp"
#include "catalog/truncation.hpp"
#include "iib/catalog/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace iib::catalog {
namespace {

// The index pk gives the pull specification without reading past the payloads.
constexpr auto kOffered = R"sql(
  SELECT DISTINCT bundle.bundlepath, bundle.name
    FROM channel_entry AS entry
    JOIN operatorbundle AS bundle INDEXED BY pk ON bundle.name = entry.operatorbundle_name
)sql";

constexpr auto kHeads = R"sql(
  SELECT channel.package_name, channel.name, channel.head_operatorbundle_name,
         bundle.bundlepath, package.default_channel IS channel.name
    FROM channel
    JOIN package ON package.name = channel.package_name
    JOIN operatorbundle AS bundle INDEXED BY pk ON bundle.name = channel.head_operatorbundle_name
   ORDER BY channel.package_name, channel.name
)sql";

/// The head of a channel.
struct Head {
  std::string channel;
  std::string bundle;
  std::string pull_spec;
  bool of_default = false;
};

std::map<std::string, std::string> offered_bundles(IndexDatabase& database) {
  std::map<std::string, std::string> names;
  auto read = database.use(kOffered);
  while (read->executeStep()) {
    names.emplace(read->getColumn(0).getString(), read->getColumn(1).getString());
  }
  return names;
}

std::vector<std::string> without_repeats(std::span<const std::string> texts) {
  std::vector<std::string> distinct;
  std::set<std::string_view> seen;
  for (const auto& text : texts) {
    if (seen.insert(text).second) distinct.push_back(text);
  }
  return distinct;
}

void refuse_missing(const std::vector<std::string>& wanted,
                    const std::map<std::string, std::string>& offered) {
  std::vector<Problem> problems;
  for (const auto& pull_spec : wanted) {
    if (offered.contains(pull_spec)) continue;
    problems.push_back(
        {.kind = ProblemKind::not_found,
         .bundle = {},
         .pull_spec = pull_spec,
         .package = {},
         .channel = {},
         .text = fmt::format("bundle {} cannot be deprecated: it is in no channel of the index",
                             pull_spec)});
  }
  if (!problems.empty()) throw Refused{std::move(problems)};
}

std::map<std::string, std::vector<Head>> heads_by_package(IndexDatabase& database) {
  std::map<std::string, std::vector<Head>> packages;
  auto read = database.use(kHeads);
  while (read->executeStep()) {
    packages[read->getColumn(0).getString()].push_back(
        {.channel = read->getColumn(1).getString(),
         .bundle = read->getColumn(2).getString(),
         .pull_spec = read->getColumn(3).getString(),
         .of_default = read->getColumn(4).getInt() != 0});
  }
  return packages;
}

/// Packages whose default channel would lose its head: they can only go as a whole, which needs the
/// heads of all their channels.
std::vector<std::string> packages_to_remove(IndexDatabase& database,
                                            const std::set<std::string>& wanted) {
  std::vector<std::string> packages;
  std::vector<Problem> problems;
  for (const auto& [package, heads] : heads_by_package(database)) {
    const auto chosen = [&](const Head& head) { return wanted.contains(head.pull_spec); };
    const auto loses_default = [&](const Head& head) { return head.of_default && chosen(head); };
    const auto lost = std::find_if(heads.begin(), heads.end(), loses_default);
    if (lost == heads.end()) continue;
    packages.push_back(package);
    for (const auto& head : heads) {
      if (chosen(head)) continue;
      problems.push_back({.kind = ProblemKind::default_channel,
                          .bundle = lost->bundle,
                          .pull_spec = lost->pull_spec,
                          .package = package,
                          .channel = head.channel,
                          .text = fmt::format(
                              "bundle {} ({}) heads the default channel {} of package {} and can "
                              "be deprecated only with the heads of all its channels: add {} ({}), "
                              "the head of channel {}",
                              lost->bundle, lost->pull_spec, lost->channel, package, head.bundle,
                              head.pull_spec, head.channel)});
    }
  }
  if (!problems.empty()) throw Refused{std::move(problems)};
  return packages;
}

}  // namespace

void deprecate_bundles(IndexDatabase& database, std::span<const std::string> pull_specs,
                       PackageRemoval removal, const Cancellation& cancellation) {
  const auto offered = offered_bundles(database);
  if (offered.empty()) return;
  const auto wanted = without_repeats(pull_specs);
  refuse_missing(wanted, offered);
  if (removal == PackageRemoval::allow) {
    const auto packages =
        packages_to_remove(database, std::set<std::string>(wanted.begin(), wanted.end()));
    remove_packages(database, packages, cancellation);
  }
  std::vector<Problem> problems;
  for (const auto& pull_spec : wanted) {
    cancellation.check("deprecating bundles");
    const auto bundle = find_bundle(database, offered.at(pull_spec));
    if (!bundle) continue;  // went with its package, or below another one
    if (auto problem = truncate_below(database, *bundle)) problems.push_back(std::move(*problem));
  }
  if (!problems.empty()) throw Refused{std::move(problems)};
}

}  // namespace iib::catalog
