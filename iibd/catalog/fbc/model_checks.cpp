#include "catalog/fbc/model.hpp"
#include "catalog/shown_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace iib::catalog::fbc {
namespace {

/// From here on two bundles of a package may not have one version.
constexpr Releases kSinceVersions{.from = 47, .before = Releases::kNone};
/// Names that fit into a sentence.
constexpr std::size_t kMostNames = 10;

using Names = std::unordered_set<std::string_view>;

std::string joined(const std::vector<std::string_view>& names, std::string_view separator) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) {
    texts.push_back(shown(names[i]));
  }
  if (names.size() > kMostNames) texts.emplace_back("...");
  return fmt::format("{}", fmt::join(texts, separator));
}

/// The update graph of one channel (catalog-fbc 3, stages 10 to 13).
class Graph {
 public:
  Graph(const PackageModel& package, const ChannelFacts& facts, const Reporter& report)
      : package_{package},
        facts_{facts},
        channel_{facts.channel},
        report_{report},
        subject_{fmt::format("channel {} of package {}", shown(channel_.name),
                             shown(channel_.package))} {
    for (const auto& entry : channel_.entries) {
      entries_.try_emplace(entry.name, &entry);
      if (!entry.replaces.empty()) left_.insert(entry.replaces);
      for (const auto& name : entry.skips) skipped_.insert(name);
    }
  }

  void check() {
    if (channel_.entries.empty()) {
      return tell(Rule::channel_empty, {}, subject_ + " has no entries: add some, or remove it");
    }
    if (const auto* head = find_head()) walk(*head);
    for (const auto& entry : channel_.entries) check_entry(entry);
  }

 private:
  void tell(Rule rule, std::string_view bundle, std::string text) const {
    report_(Stage::model, rule, facts_.where,
            {.package = channel_.package, .channel = channel_.name, .bundle = bundle},
            std::move(text));
  }

  const ChannelEntry* find_head() const {
    std::vector<std::string_view> heads;
    for (const auto& [name, entry] : entries_) {
      if (!left_.contains(name) && !skipped_.contains(name)) heads.push_back(name);
    }
    std::sort(heads.begin(), heads.end());
    if (heads.size() == 1) return entries_.at(heads.front());
    if (heads.empty()) {
      tell(Rule::no_head, {},
           subject_ +
               " has no head, for each of its entries is replaced or skipped: let one entry be "
               "neither");
    } else {
      tell(Rule::multiple_heads, {},
           fmt::format("{} has several heads ({}): let one of them replace or skip the others",
                       subject_, joined(heads, ", ")));
    }
    return nullptr;
  }

  /// Follows `replaces` from the head. The way may end at a name that is no entry.
  void walk(const ChannelEntry& head) const {
    std::vector<std::string_view> way{head.name};
    Names passed{head.name};
    for (const auto* entry = &head; entry != nullptr;) {
      const std::string_view next = entry->replaces;
      way.push_back(next);
      if (!passed.insert(next).second) return tell_cycle(way);
      const auto found = entries_.find(next);
      entry = found == entries_.end() ? nullptr : found->second;
    }
    for (const auto& entry : channel_.entries) {
      if (passed.contains(entry.name) || skipped_.contains(entry.name)) continue;
      const auto name = shown(entry.name);
      tell(Rule::stranded, entry.name,
           fmt::format("{} does not lead from its head {} to {}: let an entry that it leads to "
                       "replace or skip {}",
                       subject_, shown(head.name), name, name));
    }
  }

  void tell_cycle(const std::vector<std::string_view>& way) const {
    const auto begin = std::find(way.begin(), way.end(), way.back());
    const std::vector<std::string_view> circle(begin, way.end());
    tell(Rule::cycle, way.back(),
         fmt::format("{} leads in a circle: {}; remove one of these edges", subject_,
                     joined(circle, " -> ")));
  }

  void check_entry(const ChannelEntry& entry) const {
    if (entry.name.empty()) tell(Rule::name_missing, {}, subject_ + " has an entry without name");
    if (std::find(entry.skips.begin(), entry.skips.end(), "") != entry.skips.end()) {
      tell(Rule::skip_empty, entry.name,
           fmt::format("entry {} of {} skips an empty name: remove that from skips",
                       shown(entry.name), subject_));
    }
    const auto bundle = package_.bundles.find(entry.name);
    if (bundle == package_.bundles.end()) return;  // told at an earlier stage
    if (!bundle->second->image.empty() || bundle->second->properties.has_objects) return;
    report_(Stage::model, Rule::image_missing, bundle->second->where,
            {.package = channel_.package, .channel = channel_.name, .bundle = entry.name},
            fmt::format("bundle {} of package {} must have an image", shown(entry.name),
                        shown(channel_.package)));
  }

  const PackageModel& package_;
  const ChannelFacts& facts_;
  const Channel& channel_;
  const Reporter& report_;
  /// The channel as texts name it.
  std::string subject_;
  std::unordered_map<std::string_view, const ChannelEntry*> entries_;
  /// Names that some entry replaces, and names that some entry skips.
  Names left_;
  Names skipped_;
};

void check_default_channel(const PackageModel& package, bool complete, const Reporter& report) {
  const auto& facts = *package.facts;
  const auto tell = [&](Rule rule, std::string text) {
    report(Stage::model, rule, facts.where,
           {.package = facts.name, .channel = facts.default_channel, .bundle = {}},
           std::move(text));
  };
  if (facts.default_channel.empty()) {
    tell(Rule::default_channel,
         fmt::format("package {} must have a defaultChannel", shown(facts.name)));
    if (complete && package.channels.empty()) {
      tell(Rule::no_channels, fmt::format("package {} has no channels", shown(facts.name)));
    }
  } else if (complete && !package.channels.contains(facts.default_channel)) {
    tell(Rule::channel_empty,
         fmt::format("package {} has {} for its defaultChannel, but no channel of that name: add "
                     "it, or name another",
                     shown(facts.name), shown(facts.default_channel)));
  }
}

void check_versions(const PackageModel& package, const Reporter& report) {
  std::map<std::string_view, const BundleFacts*> first;
  std::vector<const BundleFacts*> bundles;
  for (const auto& [name, bundle] : package.bundles) bundles.push_back(bundle);
  std::sort(bundles.begin(), bundles.end(), [](const auto* a, const auto* b) {
    return std::pair{a->where.file, a->where.number} < std::pair{b->where.file, b->where.number};
  });
  for (const auto* bundle : bundles) {
    if (bundle->properties.packages.size() != 1) continue;
    const auto& version = bundle->properties.packages.front().version;
    const auto [other, is_new] = first.try_emplace(version, bundle);
    if (is_new) continue;
    report(Stage::model, Rule::version_duplicate, bundle->where,
           {.package = bundle->package, .channel = {}, .bundle = bundle->name},
           fmt::format("bundle {} has the version {} of bundle {}: versions of a package must "
                       "differ",
                       shown(bundle->name), shown(version), shown(other->second->name)),
           kSinceVersions);
  }
}

}  // namespace

void check_model(const Model& model, Completeness completeness, const Reporter& report) {
  for (const auto& [name, package] : model) {
    check_default_channel(package, completeness == Completeness::complete, report);
    for (const auto& [channel_name, channel] : package.channels) {
      Graph{package, *channel, report}.check();
    }
    check_versions(package, report);
  }
}

}  // namespace iib::catalog::fbc
