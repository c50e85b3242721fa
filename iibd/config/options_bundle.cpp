#include "option.hpp"
#include "organization_type.hpp"

namespace iib::config {
namespace {

Type<GreenwaveSettings> greenwave_settings() {
  const auto texts = map_of(text());
  const std::string expected =
      "a map with exactly the keys `decision_context`, `product_version`, `subject_type`";
  return {expected, Shape::collection, [texts, expected](const Value& value) {
            const auto settings = texts.read(value);
            for (const auto* key : {"decision_context", "product_version", "subject_type"}) {
              if (!settings.contains(key)) value.fail(expected, std::string{"add "} + key);
            }
            if (settings.size() != 3) value.fail(expected, "remove the other keys");
            const auto& subject = settings.at("subject_type");
            if (subject != "koji_build") {
              value.fail(expected, "`subject_type` must be `koji_build`, not '" + subject + "'");
            }
            return GreenwaveSettings{settings.at("decision_context"),
                                     settings.at("product_version"), subject};
          }};
}

Type<RegenerateRules> regenerate_rules() {
  return one_of<RegenerateRules>({{"auto", RegenerateRules::automatic},
                                  {"core", RegenerateRules::core},
                                  {"later", RegenerateRules::later}});
}

}  // namespace

Section bundle_options() {
  using enum Status;
  return {
      "Bundles",
      {
          option(honoured, "iib_required_labels", &Config::required_labels, map_of(text_or_empty()),
                 "{}", "Labels, with their values, that every added bundle must have."),
          option(honoured, "iib_greenwave_url", &Config::greenwave_url, url({"https", "http"}), "",
                 "The Greenwave service that decides about bundles."),
          option(honoured, "iib_greenwave_config", &Config::greenwave_config,
                 map_of(greenwave_settings(), kDefaultQueue), "{}",
                 "What Greenwave is asked about the bundles of add requests, by queue; null is "
                 "the default queue. Needs `iib_greenwave_url`."),
          option(honoured, "iib_omps_url", &Config::omps_url, url({"https", "http"}), "",
                 "The service that pushes packages to the legacy app registry."),
          option(honoured, "iib_organization_customizations", &Config::organization_customizations,
                 map_of(organization()), "{}",
                 "What each organization wants changed in the bundles that regenerate-bundle makes "
                 "for it. All maps, or all lists."),
          option(ours, "iib_regenerate_rules", &Config::regenerate_rules, regenerate_rules(),
                 "auto",
                 "The rules of regenerate-bundle. `auto`: those of the form that "
                 "`iib_organization_customizations` has, maps being `core` and lists `later`; "
                 "`core` when it is empty."),
          option(
              ours, "iib_allowed_registries", &Config::allowed_registries, list_of(registry_host()),
              "[]",
              "The only registries that regenerate-bundle and recursive-related-bundles ask about "
              "images that a bundle names; empty: all. Loopback and link-local addresses are asked "
              "only when listed "
              "here or in `iib_insecure_registries`, or when they are `iib_registry`."),
          option(
              honoured, "iib_no_ocp_label_allow_list", &Config::no_ocp_label_allow_list,
              list_of(text()), "[]",
              "For merge-index-image with `ignore_bundle_ocp_version`: beginnings of indexes, "
              "and users, for which a bundle may lack the label `com.redhat.openshift.versions`."),
          option(honoured, "iib_related_image_registry_replacement",
                 &Config::related_image_registry_replacement, map_of(map_of(text())), "{}",
                 "Registries to look at in place of others when related images are checked, by "
                 "user."),
          option(honoured, "iib_max_recursive_related_bundles",
                 &Config::max_recursive_related_bundles, whole_number(1), "15",
                 "So many bundles below one are too many for recursive-related-bundles, which "
                 "fails then."),
      }};
}

}  // namespace iib::config
