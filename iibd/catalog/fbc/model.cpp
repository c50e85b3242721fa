#include "catalog/fbc/model.hpp"

#include "catalog/shown_name.hpp"
#include "catalog/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace iib::catalog::fbc {
namespace {

/// From here on a package's name must be an RFC 1123 label.
constexpr Releases kSinceLabels{.from = 41, .before = Releases::kNone};
constexpr std::size_t kMaxLabel = 63;

bool is_label(std::string_view name) {
  const auto is_alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= kMaxLabel && is_alphanumeric(name.front()) &&
         is_alphanumeric(name.back()) && std::all_of(name.begin(), name.end(), [&](char c) {
           return is_alphanumeric(c) || c == '-';
         });
}

class Builder {
 public:
  Builder(const Facts& facts, Completeness completeness, const Reporter& report)
      : facts_{facts}, complete_{completeness == Completeness::complete}, report_{report} {}

  Model build() {
    for (const auto& package : facts_.packages) add(package);
    for (const auto& channel : facts_.channels) add(channel);
    for (const auto& bundle : facts_.bundles) add(bundle);
    for (const auto& named : model_) check_membership(named.second);
    return std::move(model_);
  }

 private:
  void add(const PackageFacts& package) {
    const Reporter::Subject subject{.package = package.name, .channel = {}, .bundle = {}};
    if (package.name.empty()) {
      return report_(Stage::packages, Rule::package_name, package.where, subject,
                     "an olm.package must have a name");
    }
    if (!is_label(package.name)) {
      report_(Stage::packages, Rule::package_name, package.where, subject,
              fmt::format("package {} must be named with at most 63 lower-case letters, digits and "
                          "dashes, the first and the last no dash (RFC 1123)",
                          shown(package.name)),
              kSinceLabels);
    }
    auto& model = model_[package.name];
    if (model.facts != nullptr) {
      return report_(Stage::packages, Rule::package_duplicate, package.where, subject,
                     fmt::format("package {} is there already ({}): remove one of them",
                                 shown(package.name), report_.place(model.facts->where)));
    }
    model.facts = &package;
  }

  /// The package that a channel or bundle belongs to; null when there is none.
  PackageModel* package_of(const std::string& package, Stage stage, const Where& where,
                           const Reporter::Subject& subject, const std::string& what) {
    const auto found = model_.find(package);
    if (found != model_.end()) return &found->second;
    if (package.empty()) {
      report_(stage, Rule::package_unknown, where, subject, what + " must name its package");
    } else if (complete_) {
      report_(stage, Rule::package_unknown, where, subject,
              fmt::format("{} belongs to package {}, but the catalog has no olm.package of that "
                          "name: add it, or correct the name",
                          what, shown(package)));
    }
    return nullptr;
  }

  void add(const ChannelFacts& facts) {
    const auto& channel = facts.channel;
    const auto what = fmt::format("channel {}", shown(channel.name));
    const Reporter::Subject subject{
        .package = channel.package, .channel = channel.name, .bundle = {}};
    auto* package = package_of(channel.package, Stage::channels, facts.where, subject, what);
    if (channel.name.empty()) {
      return report_(
          Stage::channels, Rule::channel_name, facts.where, subject,
          fmt::format("a channel of package {} must have a name", shown(channel.package)));
    }
    check_entry_names(facts, subject);
    if (package == nullptr) return;
    const auto [other, is_new] = package->channels.try_emplace(channel.name, &facts);
    if (is_new) return;
    report_(Stage::channels, Rule::channel_duplicate, facts.where, subject,
            fmt::format("{} of package {} is there already ({}): remove one of them", what,
                        shown(channel.package), report_.place(other->second->where)));
  }

  void check_entry_names(const ChannelFacts& facts, const Reporter::Subject& subject) {
    std::unordered_set<std::string_view> seen;
    for (const auto& entry : facts.channel.entries) {
      if (seen.insert(entry.name).second) continue;
      report_(Stage::channels, Rule::entry_duplicate, facts.where, subject,
              fmt::format("channel {} of package {} has two entries {}: remove one of them",
                          shown(subject.channel), shown(subject.package), shown(entry.name)));
    }
  }

  void add(const BundleFacts& bundle) {
    const auto what = fmt::format("bundle {}", shown(bundle.name));
    const Reporter::Subject subject{
        .package = bundle.package, .channel = {}, .bundle = bundle.name};
    check_package_property(bundle, subject, what);
    auto* package = package_of(bundle.package, Stage::bundles, bundle.where, subject, what);
    if (package == nullptr) return;
    const auto [other, is_new] = package->bundles.try_emplace(bundle.name, &bundle);
    if (is_new) return;
    report_(Stage::bundles, Rule::bundle_duplicate, bundle.where, subject,
            fmt::format("{} of package {} is there already ({}): remove one of them", what,
                        shown(bundle.package), report_.place(other->second->where)));
  }

  void check_package_property(const BundleFacts& bundle, const Reporter::Subject& subject,
                              const std::string& what) {
    const auto tell = [&](Rule rule, std::string text) {
      report_(Stage::bundle_properties, rule, bundle.where, subject, std::move(text));
    };
    const auto& packages = bundle.properties.packages;
    if (packages.size() != 1) {
      return tell(Rule::package_property,
                  fmt::format("{} must have exactly one property olm.package, not {}", what,
                              packages.size()));
    }
    const auto& value = packages.front();
    if (value.package != bundle.package) {
      tell(Rule::package_property,
           fmt::format("the property olm.package of {} names package {} instead of {}", what,
                       shown(value.package), shown(bundle.package)));
    }
    if (!Version::parse(value.version)) {
      tell(Rule::version, fmt::format("the version {} of {} is no semantic version, such as 1.2.3",
                                      shown(value.version), what));
    }
  }

  /// Bundles that no channel lists, and entries without bundle.
  void check_membership(const PackageModel& package) {
    if (package.facts == nullptr || !complete_) return;
    std::unordered_set<std::string_view> listed;
    for (const auto& [name, channel] : package.channels) {
      for (const auto& entry : channel->channel.entries) {
        listed.insert(entry.name);
        if (package.bundles.contains(entry.name)) continue;
        report_(Stage::entries, Rule::bundle_missing, channel->where,
                {.package = package.facts->name, .channel = name, .bundle = entry.name},
                fmt::format("channel {} of package {} has an entry {}, but there is no olm.bundle "
                            "of that name: add it, or remove the entry",
                            shown(name), shown(package.facts->name), shown(entry.name)));
      }
    }
    for (const auto& [name, bundle] : package.bundles) {
      if (!listed.contains(name)) report_stray(*bundle);
    }
  }

  void report_stray(const BundleFacts& bundle) {
    report_(Stage::bundles_in_channels, Rule::bundle_in_no_channel, bundle.where,
            {.package = bundle.package, .channel = {}, .bundle = bundle.name},
            fmt::format("bundle {} is in no channel of package {}: add it to one, or remove it",
                        shown(bundle.name), shown(bundle.package)));
  }

  const Facts& facts_;
  bool complete_;
  const Reporter& report_;
  Model model_;
};

}  // namespace

void Reporter::operator()(Stage stage, Rule rule, const Where& where, const Subject& subject,
                          std::string text, Releases refused_by) const {
  Finding finding;
  finding.rule = rule;
  finding.place = {.file = files_.at(where.file).name, .number = where.number, .line = where.line};
  finding.package = subject.package;
  finding.channel = subject.channel;
  finding.bundle = subject.bundle;
  finding.text = std::move(text);
  finding.refused_by = refused_by;
  findings_.add(stage, std::move(finding));
}

std::string Reporter::place(const Where& where) const {
  return fmt::format("{}, blob {}", shown(files_.at(where.file).name), where.number);
}

Model build_model(const Facts& facts, Completeness completeness, const Reporter& report) {
  return Builder{facts, completeness, report}.build();
}

}  // namespace iib::catalog::fbc
