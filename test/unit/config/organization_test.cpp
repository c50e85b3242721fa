#include "loading.hpp"

#include <catch2/catch.hpp>

using namespace iib::config;
using namespace iib::config::test;
using Catch::Matchers::Contains;

TEST_CASE("an organization's customizations come as a map", "[config]") {
  const auto config = load_text(R"(
iib_organization_customizations:
  company-marketplace:
    csv_annotations:
      z.example.com/support: 'https://example.com/{package_name}/{{x}}'
      a.example.com/other: plain
    package_name_suffix: '-cmp'
    registry_replacements:
      registry.access.example.com: registry.marketplace.example.com/cm
)")
                          .config;

  const auto& core =
      std::get<CoreCustomizations>(config.organization_customizations.at("company-marketplace"));
  REQUIRE(core.csv_annotations.size() == 2);
  CHECK(core.csv_annotations[0].first == "z.example.com/support");
  CHECK(core.package_name_suffix == "-cmp");
  CHECK(core.registry_replacements.size() == 1);
}

TEST_CASE("an organization's customizations come as a list", "[config]") {
  const auto config = load_text(R"(
iib_organization_customizations:
  company-managed:
    - {type: resolve_image_pullspecs}
    - {type: package_name_suffix, suffix: -cmp}
    - {type: csv_annotations, annotations: {x: 'https://example.com/{package_name}'}}
    - {type: registry_replacements, replacements: {registry.access.example.com: registry.koji.example.com}}
    - {type: related_bundles}
    - {type: image_name_from_labels, template: '{name}-{version}'}
    - {type: enclose_repo, enclosure_glue: '----', namespace: company-pending}
    - {type: perform_bundle_replacements}
)")
                          .config;

  const auto& steps = std::get<std::vector<Customization>>(
      config.organization_customizations.at("company-managed"));
  REQUIRE(steps.size() == 8);
  CHECK(steps[1].texts.at("suffix") == "-cmp");
  CHECK(steps[2].type == CustomizationType::csv_annotations);
  CHECK(steps[2].pairs.front().first == "x");
  CHECK(steps[6].texts.size() == 2);
}

TEST_CASE("wrong customizations are refused", "[config]") {
  const auto [value, expected] = GENERATE(table<std::string, std::string>({
      {"text", "iib_organization_customizations.org is 'text'"},
      {"{suffix: x}", "it has the key 'suffix'"},
      {"{csv_annotations: {a: '{name}'}}", "`{package_name}`"},
      {"{csv_annotations: {a: 'x}'}}", "`{package_name}`"},
      {"{registry_replacements: [a]}", "is a list, but must be a map"},
      {"[{suffix: x}]", "it has no `type`"},
      {"[{type: rename}]", "there is no type 'rename'"},
      {"[{type: package_name_suffix}]", "a parameter is missing"},
      {"[{type: csv_annotations}]", "a parameter is missing"},
      {"[{type: enclose_repo, namespace: n}]", "a parameter is missing"},
      {"[{type: related_bundles, suffix: x}]", "it has the key 'suffix'"},
      {"[{type: csv_annotations, annotations: {a: '{name}'}}]", "`{package_name}`"},
      {"[related_bundles]",
       "element 1 of iib_organization_customizations.org is 'related_bundles'"},
  }));
  CAPTURE(value);

  CHECK_THAT(error_of("iib_organization_customizations: {org: " + value + "}"), Contains(expected));
}
