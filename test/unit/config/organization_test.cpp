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
      {"[{type: image_name_from_labels, template: '{}'}]", "the name of a label"},
      {"[{type: image_name_from_labels, template: 'a/{name'}]", "the name of a label"},
      {"[{type: image_name_from_labels, template: 'a/name}'}]", "the name of a label"},
      {"[{type: image_name_from_labels, template: '{a{b}}'}]", "the name of a label"},
      {"[{type: image_name_from_labels, template: '{name!r}'}]", "the name of a label"},
      {"[{type: image_name_from_labels, template: '{version:>8}'}]", "the name of a label"},
      {"[related_bundles]",
       "element 1 of iib_organization_customizations.org is 'related_bundles'"},
  }));
  CAPTURE(value);

  CHECK_THAT(error_of("iib_organization_customizations: {org: " + value + "}"), Contains(expected));
}

TEST_CASE("a template may name labels with dots, and braces when they are doubled", "[config]") {
  const auto [text] = GENERATE(table<std::string>({
      {"'{com.redhat.component}-{version}'"},
      {"plain"},
      {"'{{x}}/{name}'"},
  }));
  CAPTURE(text);

  CHECK(error_of("iib_organization_customizations: {o: [{type: image_name_from_labels, template: " +
                 text + "}]}")
            .empty());
}

TEST_CASE("organizations of both forms are refused by their names", "[config]") {
  const auto message = error_of(R"(
iib_organization_customizations:
  acme: {package_name_suffix: -a}
  bolt: [{type: related_bundles}]
  cask: {}
)");

  CHECK_THAT(message, Contains("iib_organization_customizations") &&
                          Contains("maps for 'acme', 'cask'") && Contains("lists for 'bolt'"));
}

TEST_CASE("rules that contradict the form of the customizations are refused", "[config]") {
  const std::string maps = "iib_organization_customizations: {acme: {package_name_suffix: -a}}\n";
  const std::string lists = "iib_organization_customizations: {bolt: [{type: related_bundles}]}\n";

  CHECK_THAT(error_of(maps + "iib_regenerate_rules: later"),
             Contains("iib_regenerate_rules is later") && Contains("maps for 'acme'"));
  CHECK_THAT(error_of(lists + "iib_regenerate_rules: core"),
             Contains("iib_regenerate_rules is core") && Contains("lists for 'bolt'"));
  CHECK_THAT(error_of("iib_regenerate_rules: newest"), Contains("`auto`, `core`, `later`"));
  CHECK(load_text(maps + "iib_regenerate_rules: core").config.regenerate_rules ==
        RegenerateRules::core);
  CHECK(load_text(lists + "iib_regenerate_rules: auto").config.regenerate_rules ==
        RegenerateRules::automatic);
  CHECK(load_text("iib_regenerate_rules: later").config.regenerate_rules == RegenerateRules::later);
}

TEST_CASE("allowed registries are hosts, perhaps with a port", "[config]") {
  CHECK(load_text("iib_allowed_registries: [quay.io, 'r.example.com:5000']")
            .config.allowed_registries ==
        std::vector<std::string>{"quay.io", "r.example.com:5000"});
  CHECK(load_text("{}").config.allowed_registries.empty());
  CHECK_THAT(error_of("iib_allowed_registries: ['https://quay.io']"), Contains("`host:port`"));
  CHECK_THAT(error_of("iib_allowed_registries: [quay.io/ns]"), Contains("`host:port`"));
}

TEST_CASE("customizations bring no warning", "[config]") {
  CHECK(load_text("iib_organization_customizations: {acme: {package_name_suffix: -a}}")
            .warnings.empty());
}
