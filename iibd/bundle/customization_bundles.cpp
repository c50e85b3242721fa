#include "customization_steps.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace iib::bundle {
namespace {

constexpr auto kBundleLabel = "com.redhat.delivery.operator.bundle";

}  // namespace

bool is_true(const Labels& labels, const std::string& name) {
  constexpr std::array<std::string_view, 3> kTrue{"true", "True", "TRUE"};
  constexpr auto kSpace = " \t\r\n";
  const auto label = labels.find(name);
  if (label == labels.end()) return false;
  std::string_view text = label->second;
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  text = text.substr(0, text.find_last_not_of(kSpace) + 1);
  return std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end();
}

std::vector<ImageName> bundles_among(Bundle& bundle, const std::vector<ImageName>& images) {
  const auto labels = bundle.labels(images);
  std::vector<ImageName> bundles;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (is_true(labels[i], kBundleLabel)) bundles.push_back(images[i]);
  }
  return bundles;
}

void find_related_bundles(Bundle& bundle) {
  std::vector<std::string> pull_specs;
  for (const auto& image : bundles_among(bundle, bundle.images())) {
    pull_specs.push_back(image.text());
  }
  bundle.related_bundles = std::move(pull_specs);
}

void replace_bundles(Bundle& bundle) {
  if (bundle.order().bundle_replacements.empty()) return;
  Table wanted;
  std::vector<ImageName> olds;
  for (const auto& [old, now] : bundle.order().bundle_replacements) {
    olds.push_back(ImageName::parse(old));
    wanted[olds.back()] = {ImageName::parse(now), "bundle replacement of the request"};
  }
  Table table;
  for (const auto& old : bundles_among(bundle, olds)) table[old] = wanted[old];
  apply_table(bundle, table);
}

}  // namespace iib::bundle
