#include "catalog/fbc/catalog_contents.hpp"

#include "catalog/fbc/read_catalog.hpp"
#include "catalog/missing_packages.hpp"
#include "iib/catalog/problem.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace iib::catalog::fbc {
namespace {

/// Puts the names of a channel into the order of ChannelContents.
class ChannelReading {
 public:
  explicit ChannelReading(const Channel& channel) : channel_{channel} {
    for (const auto& entry : channel.entries) entries_.try_emplace(entry.name, &entry);
  }

  ChannelContents read() {
    ChannelContents contents;
    contents.name = channel_.name;
    contents.head = head();
    // Down from the head first, ending where a cycle closes; then the rest, and names without
    // entry.
    for (auto name = contents.head; take(name);) name = nodes_.back().replaces;
    for (const auto& entry : channel_.entries) take(entry.name);
    const auto entries = nodes_;
    for (const auto& node : entries) {
      take(node.replaces);
      for (const auto& skipped : node.skips) take(skipped);
    }
    contents.nodes = std::move(nodes_);
    return contents;
  }

 private:
  /// The only entry that no other one replaces or skips; empty when there is none.
  [[nodiscard]] std::string head() const {
    std::unordered_set<std::string_view> left;
    for (const auto& entry : channel_.entries) {
      left.insert(entry.replaces);
      left.insert(entry.skips.begin(), entry.skips.end());
    }
    std::string head;
    for (const auto& [name, entry] : entries_) {
      if (left.contains(name)) continue;
      if (!head.empty()) return {};
      head = name;
    }
    return head;
  }

  /// Whether `name` is one that has no node yet.
  bool take(std::string_view name) {
    if (name.empty() || !taken_.insert(std::string{name}).second) return false;
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
      nodes_.push_back(
          {.bundle = std::string{name}, .replaces = {}, .skips = {}, .skip_range = {}});
      return true;
    }
    const auto& entry = *found->second;
    ChannelNode node{.bundle = entry.name,
                     .replaces = entry.replaces,
                     .skips = {},
                     .skip_range = entry.skip_range};
    for (const auto& skipped : entry.skips) {
      const bool known =
          std::find(node.skips.begin(), node.skips.end(), skipped) != node.skips.end();
      if (!skipped.empty() && !known) node.skips.push_back(skipped);
    }
    nodes_.push_back(std::move(node));
    return true;
  }

  const Channel& channel_;
  std::unordered_map<std::string_view, const ChannelEntry*> entries_;
  std::unordered_set<std::string> taken_;
  std::vector<ChannelNode> nodes_;
};

/// Gathers the facts of all files by package.
class Reading {
 public:
  explicit Reading(const Selection& selection)
      : wanted_{selection.packages.begin(), selection.packages.end()}, detail_{selection.detail} {}

  void add(const Facts& facts) {
    for (const auto& package : facts.packages) {
      names_.push_back(package.name);
      if (wanted(package.name))
        packages_[package.name].package.default_channel = package.default_channel;
    }
    for (const auto& each : facts.channels) {
      if (wanted(each.channel.package)) {
        packages_[each.channel.package].channels.try_emplace(each.channel.name, &each.channel);
      }
    }
    for (const auto& bundle : facts.bundles) {
      if (wanted(bundle.package))
        packages_[bundle.package].bundles.try_emplace(bundle.name, &bundle);
    }
    for (const auto& each : facts.deprecations) {
      if (!wanted(each.deprecations.package)) continue;
      auto& notes = deprecations_[each.deprecations.package];
      for (const auto& entry : each.deprecations.entries) {
        notes.insert({.schema = entry.schema, .name = entry.name, .message = entry.message});
      }
    }
  }

  Contents finish() {
    refuse_missing();
    Contents contents;
    for (auto& [name, parts] : packages_) {
      parts.package.name = name;
      fill(parts, contents.stranded);
      contents.packages.push_back(std::move(parts.package));
    }
    if (!wanted_.empty()) contents.stranded.clear();
    std::sort(contents.stranded.begin(), contents.stranded.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return contents;
  }

 private:
  struct Parts {
    PackageContents package;
    std::map<std::string_view, const Channel*> channels;
    std::map<std::string_view, const BundleFacts*> bundles;
  };

  [[nodiscard]] bool wanted(const std::string& package) const {
    return wanted_.empty() || wanted_.contains(package);
  }

  void refuse_missing() const {
    std::vector<Problem> problems;
    for (const auto& name : wanted_) {
      if (!packages_.contains(name)) problems.push_back(missing_package(name, names_));
    }
    if (!problems.empty()) throw Refused{std::move(problems)};
  }

  void fill(Parts& parts, std::vector<BundleSummary>& stranded) {
    std::unordered_set<std::string_view> placed;
    const auto& notes = deprecations_[parts.package.name];
    parts.package.deprecations = {notes.begin(), notes.end()};
    const auto deprecated = bundles_of(notes);
    for (const auto& [name, channel] : parts.channels) {
      for (const auto& entry : channel->entries) placed.insert(entry.name);
      auto contents = ChannelReading{*channel}.read();
      if (detail_ == Detail::overview) {
        for (auto& node : contents.nodes) node.skip_range.clear();
      }
      parts.package.channels.push_back(std::move(contents));
    }
    for (const auto& [name, facts] : parts.bundles) {
      auto& target = placed.contains(name) ? parts.package.bundles : stranded;
      target.push_back(summary(*facts, deprecated.contains(facts->name)));
    }
  }

  static std::set<std::string_view> bundles_of(const std::set<DeprecationNote>& notes) {
    std::set<std::string_view> names;
    for (const auto& note : notes) {
      if (note.schema == kBundleSchema) names.insert(note.name);
    }
    return names;
  }

  static BundleSummary summary(const BundleFacts& facts, bool deprecated) {
    return {.name = facts.name,
            .version = facts.properties.packages.empty()
                           ? std::string{}
                           : facts.properties.packages.front().version,
            .pull_spec = facts.image,
            .substitutes_for = {},
            .deprecated = deprecated};
  }

  std::set<std::string> wanted_;
  Detail detail_;
  std::vector<std::string> names_;
  std::map<std::string, Parts> packages_;
  std::map<std::string, std::set<DeprecationNote>> deprecations_;
};

}  // namespace

Contents read_catalog_contents(const std::filesystem::path& root, const Selection& selection,
                               const Cancellation& cancellation) {
  auto catalog = read_catalog(
      root, {.cancellation = cancellation, .threads = 2, .identities = Identities::leave_out});
  refuse_unreadable(catalog);
  Reading reading{selection};
  for (const auto& file : catalog.facts) reading.add(file.facts);
  return reading.finish();
}

}  // namespace iib::catalog::fbc
