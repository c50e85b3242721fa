#include "customization_steps.hpp"
#include "iib/base/text_template.hpp"
#include "place.hpp"

#include <fmt/format.h>

namespace iib::bundle {
namespace {

/// The configured annotations with their placeholders filled in.
config::OrderedTexts filled(const config::OrderedTexts& annotations,
                            const std::string& package_name) {
  config::OrderedTexts result;
  for (const auto& annotation : annotations) {
    const auto& name = annotation.first;  // clang 14 captures no structured bindings
    const auto& text = annotation.second;
    result.emplace_back(name, TextTemplate{text}.fill([&](const std::string& placeholder) {
      if (placeholder == "package_name") return package_name;
      throw UserError{
          fmt::format("the template '{}' of the annotation {} has the placeholder '{}'; "
                      "only {{package_name}} is known",
                      text, name, placeholder)};
    }));
  }
  return result;
}

void set_annotations(Document& csv, const config::OrderedTexts& annotations) {
  constexpr auto kWhy = "annotation of the organization";
  const io::YamlNode& root = csv.now().document.root();
  // Both are maps when they are there: find_entries() refuses anything else.
  const auto* metadata = member(root, "metadata");
  const auto* present = metadata == nullptr ? nullptr : member(*metadata, "annotations");

  io::YamlValue::Map all;
  for (const auto& [name, text] : annotations) all.push_back({name, {text}});
  DocumentEdit edit{csv.now()};
  if (metadata == nullptr) {
    edit.set({}, "metadata", {io::YamlValue::Map{{"annotations", {std::move(all)}}}}, kWhy);
  } else if (present == nullptr) {
    edit.set({std::string{"metadata"}}, "annotations", {std::move(all)}, kWhy);
  } else {
    for (auto& [name, value] : all) {
      const auto* old = as_string(io::find_merged(*present, name));
      if (old != nullptr && old->value == std::get<std::string>(value.content)) continue;
      edit.set({std::string{"metadata"}, std::string{"annotations"}}, name, std::move(value), kWhy);
    }
  }
  csv.apply(edit);
}

}  // namespace

void set_csv_annotations(Bundle& bundle, const config::OrderedTexts& annotations) {
  if (annotations.empty()) return;
  const auto texts = filled(annotations, bundle.package_name);
  for (auto& csv : bundle.csv_files()) set_annotations(csv, texts);
}

}  // namespace iib::bundle
