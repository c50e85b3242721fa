#include "core_rules.hpp"

#include "customization_steps.hpp"
#include "related_images.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::bundle {
namespace {

/// The files that are pinned: those without relatedImages (8.1).
std::vector<Document*> files_to_pin(Bundle& bundle) {
  std::vector<Document*> files;
  for (auto& csv : bundle.csv_files()) {
    if (has_related_images(csv.now())) {
      refuse_variables(csv.path(), csv.entries());
    } else {
      files.push_back(&csv);
    }
  }
  return files;
}

/// Pinning and registry replacement in one (8.2).
Table make_table(Bundle& bundle, const std::vector<Document*>& files,
                 const std::map<std::string, std::string>& registries) {
  const auto images = Bundle::images_of(files);
  const auto digests = bundle.digests(images);
  Table table;
  for (std::size_t i = 0; i < images.size(); ++i) {
    auto pinned = pinned_image(images[i], digests[i]);
    std::string why = images[i].pinned() ? "" : "pinned to its digest";
    const auto found = registries.find(pinned.registry);
    if (found != registries.end()) {
      why += fmt::format("{}registry {} replaced by {}", why.empty() ? "" : ", ", found->first,
                         found->second);
      pinned.registry = found->second;
    }
    if (!why.empty()) table[images[i]] = {std::move(pinned), std::move(why)};
  }
  return table;
}

}  // namespace

void apply_core_rules(Bundle& bundle, const config::CoreCustomizations& customizations) {
  add_package_name_suffix(bundle, customizations.package_name_suffix);
  const auto files = files_to_pin(bundle);
  const auto table = make_table(bundle, files, customizations.registry_replacements);
  for (auto* csv : files) {
    bundle.check("replacing images");
    replace_images(*csv, table);
    set_related_images(*csv);
  }
  set_csv_annotations(bundle, customizations.csv_annotations);
}

}  // namespace iib::bundle
