#include "organization_type.hpp"

#include "iib/base/error.hpp"
#include "iib/base/text_template.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

namespace iib::config {
namespace {

constexpr auto kExpected =
    "a map with the keys `csv_annotations`, `package_name_suffix`, `registry_replacements`, or a "
    "list of maps with a `type`";

/// A type of the list form, with its parameters.
struct Step {
  std::string_view name;
  CustomizationType type;
  std::vector<std::string_view> texts;
  std::string_view pairs;
};

const std::vector<Step>& steps() {
  using enum CustomizationType;
  static const std::vector<Step> known_steps{
      {"resolve_image_pullspecs", resolve_image_pullspecs, {}, {}},
      {"related_bundles", related_bundles, {}, {}},
      {"package_name_suffix", package_name_suffix, {"suffix"}, {}},
      {"registry_replacements", registry_replacements, {}, "replacements"},
      {"perform_bundle_replacements", perform_bundle_replacements, {}, {}},
      {"image_name_from_labels", image_name_from_labels, {"template"}, {}},
      {"csv_annotations", csv_annotations, {}, "annotations"},
      {"enclose_repo", enclose_repo, {"enclosure_glue", "namespace"}, {}},
  };
  return known_steps;
}

/// The names in braces of a template; nothing when it is none.
std::optional<std::vector<std::string>> names_in(const std::string& text) {
  try {
    return TextTemplate{text}.names();
  } catch (const UserError&) {  // the option's own message says what is expected
    return std::nullopt;
  }
}

Type<std::string> annotation_template() {
  return text_that(
      "a text in which braces are `{package_name}`, `{{` or `}}`", [](const std::string& text) {
        const auto names = names_in(text);
        return names && std::ranges::all_of(
                            *names, [](const std::string& name) { return name == "package_name"; });
      });
}

/// The names are those of labels, known only once an image is looked at (bundle-regeneration 9.2).
Type<std::string> label_template() {
  return text_that(
      "a text in which braces are `{{`, `}}` or hold the name of a label, such as `{version}`",
      [](const std::string& text) { return !text.empty() && names_in(text).has_value(); });
}

OrderedTexts ordered_texts(const Value& value, const Type<std::string>& type) {
  if (value.node().kind != io::YamlKind::mapping) value.fail("a map from text to text");
  OrderedTexts texts;
  for (const auto& pair : value.node().pairs) {
    auto key = key_text(value, *pair.key);
    auto text = type.read(value.within(*pair.value, fmt::format("{}.{}", value.key(), key)));
    texts.emplace_back(std::move(key), std::move(text));
  }
  return texts;
}

/// Calls `take(key, value)` for each pair; it returns false for a key that it does not know.
template <class Take>
void each_pair(const Value& map, std::string_view expected, Take take) {
  if (map.node().kind != io::YamlKind::mapping) map.fail(expected);
  for (const auto& pair : map.node().pairs) {
    const auto key = key_text(map, *pair.key);
    const auto value = map.within(*pair.value, fmt::format("{}.{}", map.key(), key));
    if (!take(key, value)) map.fail(expected, fmt::format("it has the key '{}'", key));
  }
}

CoreCustomizations map_form(const Value& value) {
  CoreCustomizations customizations;
  each_pair(value, kExpected, [&](const std::string& key, const Value& entry) {
    if (entry.is_null()) return true;  // an empty key asks for nothing
    if (key == "csv_annotations") {
      customizations.csv_annotations = ordered_texts(entry, annotation_template());
    } else if (key == "package_name_suffix") {
      customizations.package_name_suffix = text_or_empty().read(entry);
    } else if (key == "registry_replacements") {
      customizations.registry_replacements = map_of(text()).read(entry);
    } else {
      return false;
    }
    return true;
  });
  return customizations;
}

const Step& step_of(const Value& element, const std::string& expected) {
  if (element.node().kind != io::YamlKind::mapping) element.fail(expected);
  const auto* type = element.node().find("type");
  if (type == nullptr) element.fail(expected, "it has no `type`");
  const auto name = element.within(*type, element.key() + ".type").text(expected);
  const auto step = std::find_if(steps().begin(), steps().end(),
                                 [&](const Step& known) { return known.name == name; });
  if (step == steps().end()) {
    element.fail(expected, fmt::format("there is no type '{}'", name));
  }
  return *step;
}

Customization customization(const Value& element) {
  std::string expected = "a map whose `type` is one of";
  for (const auto& step : steps()) expected += fmt::format(" `{}`", step.name);
  const Step& step = step_of(element, expected);

  Customization result{step.type, {}, {}};
  expected = fmt::format("a customization {} with its parameters{}{}{}", step.name,
                         step.texts.empty() && step.pairs.empty() ? " (none)" : ":",
                         step.pairs.empty() ? "" : " ", step.pairs);
  for (const auto name : step.texts) expected += fmt::format(" {}", name);
  bool has_pairs = false;
  each_pair(element, expected, [&](const std::string& key, const Value& entry) {
    if (key == "type") return true;
    if (key == step.pairs && !key.empty()) {
      const bool templates = step.type == CustomizationType::csv_annotations;
      result.pairs = ordered_texts(entry, templates ? annotation_template() : text());
      has_pairs = true;
      return true;
    }
    if (std::find(step.texts.begin(), step.texts.end(), key) == step.texts.end()) return false;
    const bool labels = step.type == CustomizationType::image_name_from_labels;
    result.texts[key] = (labels ? label_template() : text()).read(entry);
    return true;
  });
  if (has_pairs == step.pairs.empty() || result.texts.size() != step.texts.size()) {
    element.fail(expected, "a parameter is missing");
  }
  return result;
}

}  // namespace

Type<Organization> organization() {
  return {kExpected, Shape::collection, [](const Value& value) -> Organization {
            if (value.node().kind == io::YamlKind::mapping) return map_form(value);
            return list_of(Type<Customization>{kExpected, Shape::collection, customization})
                .read(value);
          }};
}

}  // namespace iib::config
