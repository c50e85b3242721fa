#include "iib/base/error.hpp"
#include "iib/bundle/regenerate.hpp"

#include <fmt/format.h>

namespace iib::bundle {
namespace {

using LaterCustomizations = std::vector<config::Customization>;

/// Whether the later rules apply: `rules` says so, or leaves it to the form of the customizations.
bool follows_later_rules(const std::map<std::string, config::Organization>& organizations,
                         config::RegenerateRules rules) {
  if (rules != config::RegenerateRules::automatic) return rules == config::RegenerateRules::later;
  return !organizations.empty() &&
         std::holds_alternative<LaterCustomizations>(organizations.begin()->second);
}

}  // namespace

config::Organization default_core_rules() {
  return config::CoreCustomizations{};
}

config::Organization default_later_rules() {
  using enum config::CustomizationType;
  LaterCustomizations all;
  for (const auto type :
       {resolve_image_pullspecs, related_bundles, package_name_suffix, registry_replacements,
        perform_bundle_replacements, image_name_from_labels, csv_annotations, enclose_repo}) {
    all.push_back({.type = type, .texts = {}, .pairs = {}});
  }
  return all;
}

Customizing choose_customizing(const std::map<std::string, config::Organization>& organizations,
                               config::RegenerateRules rules,
                               const std::optional<std::string>& organization) {
  const bool later = follows_later_rules(organizations, rules);
  Customizing customizing{.rules = later ? default_later_rules() : default_core_rules(),
                          .has_organization = organization && !organization->empty()};
  if (!customizing.has_organization) return customizing;
  const auto found = organizations.find(*organization);
  if (found == organizations.end()) return customizing;
  const auto* list = std::get_if<LaterCustomizations>(&found->second);
  if ((list != nullptr) != later) {
    throw UserError{
        fmt::format("the customizations of organization {} are a {}, which is not the "
                    "form of the {} rules; change iib_organization_customizations or "
                    "iib_regenerate_rules",
                    *organization, list != nullptr ? "list" : "map", later ? "later" : "core")};
  }
  if (list == nullptr || !list->empty()) customizing.rules = found->second;
  return customizing;
}

}  // namespace iib::bundle
