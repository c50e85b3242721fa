#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace iib::config {

/// Texts under names, in the order configured.
using OrderedTexts = std::vector<std::pair<std::string, std::string>>;

/// The map form of an organization's customizations (bundle-regeneration 8.4).
struct CoreCustomizations {
  /// Values are templates with `{package_name}`.
  OrderedTexts csv_annotations;
  /// Appended to the name of the package.
  std::string package_name_suffix;
  /// Registry -> registry to name instead.
  std::map<std::string, std::string> registry_replacements;

  /// Member by member.
  friend bool operator==(const CoreCustomizations&, const CoreCustomizations&) = default;
};

/// The steps of the list form (bundle-regeneration 9).
enum class CustomizationType {
  resolve_image_pullspecs,
  related_bundles,
  package_name_suffix,
  registry_replacements,
  perform_bundle_replacements,
  image_name_from_labels,
  csv_annotations,
  enclose_repo,
};

/// A step of the list form, with its parameters.
struct Customization {
  /// What the step does.
  CustomizationType type = CustomizationType::resolve_image_pullspecs;
  /// `suffix`, `template`, `namespace`, `enclosure_glue`.
  std::map<std::string, std::string> texts;
  /// `annotations` or `replacements`.
  OrderedTexts pairs;

  /// Member by member.
  friend bool operator==(const Customization&, const Customization&) = default;
};

/// What an organization wants changed in its bundles: one of the two forms.
using Organization = std::variant<CoreCustomizations, std::vector<Customization>>;

/// Which rules regenerate bundles (`iib_regenerate_rules`, bundle-regeneration 1): `automatic`
/// follows the form of the customizations, the core rules when there are none.
enum class RegenerateRules { automatic, core, later };

}  // namespace iib::config
