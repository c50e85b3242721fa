#include "catalog/fbc/model.hpp"
#include "catalog/shown_name.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace iib::catalog::fbc {
namespace {

/// From here on `olm.deprecations` is looked at.
constexpr Releases kSinceDeprecations{.from = 32, .before = Releases::kNone};

/// Checks one blob (catalog-fbc 3, stage 8, and 14 for the message).
class Check {
 public:
  Check(const DeprecationsFacts& facts, bool complete, const Reporter& report)
      : facts_{facts}, complete_{complete}, report_{report} {}

  void run(const PackageModel& package) {
    for (const auto& entry : facts_.deprecations.entries) {
      check_reference(entry, package);
      const auto key = std::pair{entry.schema, entry.name};
      if (!seen_.insert(key).second) {
        tell(fmt::format("names {} {} twice: remove one of the entries", shown(entry.schema),
                         entry.name));
      }
      if (entry.message.empty()) {
        tell(fmt::format("has no message for {} {}", shown(entry.schema), entry.name));
      }
    }
  }

  void tell(const std::string& text) const {
    const auto& package = facts_.deprecations.package;
    report_(Stage::deprecations, Rule::deprecation, facts_.where,
            {.package = package, .channel = {}, .bundle = {}},
            fmt::format("the olm.deprecations of package {} {}", shown(package), text),
            kSinceDeprecations);
  }

 private:
  void check_reference(const Deprecation& entry, const PackageModel& package) const {
    if (entry.schema == kPackageSchema) {
      if (!entry.name.empty()) {
        tell(fmt::format("refers to the package by the name {}: remove the name",
                         shown(entry.name)));
      }
    } else if (entry.schema == kChannelSchema) {
      if (complete_ && !package.channels.contains(entry.name)) {
        tell(fmt::format("refers to channel {}, which the package does not have",
                         shown(entry.name)));
      }
    } else if (entry.schema == kBundleSchema) {
      if (complete_ && !package.bundles.contains(entry.name)) {
        tell(
            fmt::format("refers to bundle {}, which the package does not have", shown(entry.name)));
      }
    } else {
      tell(
          fmt::format("refers to something of schema {}: it must be olm.package, olm.channel or "
                      "olm.bundle",
                      shown(entry.schema)));
    }
  }

  const DeprecationsFacts& facts_;
  bool complete_;
  const Reporter& report_;
  std::set<std::pair<std::string, std::string>> seen_;
};

}  // namespace

void check_deprecations(const Facts& facts, const Model& model, Completeness completeness,
                        const Reporter& report) {
  const bool complete = completeness == Completeness::complete;
  std::map<std::string_view, const DeprecationsFacts*> first;
  for (const auto& blob : facts.deprecations) {
    const auto& name = blob.deprecations.package;
    Check check{blob, complete, report};
    if (name.empty()) {
      check.tell("must name its package");
      continue;
    }
    const auto [other, is_new] = first.try_emplace(name, &blob);
    if (!is_new) {
      check.tell(fmt::format("is there already ({}): make one of the two",
                             report.place(other->second->where)));
    }
    const auto package = model.find(name);
    if (package != model.end()) {
      check.run(package->second);
    } else if (complete) {
      check.tell("belongs to a package that the catalog does not have: remove it");
    }
  }
}

}  // namespace iib::catalog::fbc
