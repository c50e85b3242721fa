#include "later_rules.hpp"

#include "customization_steps.hpp"

namespace iib::bundle {
namespace {

/// A parameter; empty when it is not given, which asks for nothing.
std::string parameter(const config::Customization& customization, const std::string& name) {
  const auto found = customization.texts.find(name);
  return found == customization.texts.end() ? std::string{} : found->second;
}

void apply(Bundle& bundle, const config::Customization& customization) {
  switch (customization.type) {
    case config::CustomizationType::resolve_image_pullspecs:
      return resolve_image_pullspecs(bundle);
    case config::CustomizationType::related_bundles:
      return find_related_bundles(bundle);
    case config::CustomizationType::package_name_suffix:
      return add_package_name_suffix(bundle, parameter(customization, "suffix"));
    case config::CustomizationType::registry_replacements:
      return replace_registries(bundle, customization.pairs);
    case config::CustomizationType::perform_bundle_replacements:
      return replace_bundles(bundle);
    case config::CustomizationType::image_name_from_labels:
      return name_images_from_labels(bundle, parameter(customization, "template"));
    case config::CustomizationType::csv_annotations:
      if (bundle.order().customizing.has_organization) {
        set_csv_annotations(bundle, customization.pairs);
      }
      return;
    case config::CustomizationType::enclose_repo:
      return enclose_repositories(bundle, parameter(customization, "namespace"),
                                  parameter(customization, "enclosure_glue"));
  }
}

}  // namespace

void apply_later_rules(Bundle& bundle, const std::vector<config::Customization>& customizations) {
  for (const auto& customization : customizations) {
    bundle.check("the next customization");
    apply(bundle, customization);
  }
}

}  // namespace iib::bundle
