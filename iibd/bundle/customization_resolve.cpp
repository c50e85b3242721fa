#include "customization_steps.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::bundle {
namespace {

constexpr auto kPinnedLabel = "com.redhat.iib.pinned";

}  // namespace

ImageName pinned_image(ImageName image, std::string_view digest) {
  image.tag.clear();
  const std::string text = image.text();
  return ImageName::parse(fmt::format("{}@{}", text.substr(0, text.find('@')), digest));
}

void resolve_image_pullspecs(Bundle& bundle) {
  if (is_true(bundle.order().bundle_labels, kPinnedLabel)) return;
  const auto images = bundle.images();
  // Those that are pinned are looked up as well: it proves that they exist and can be read.
  const auto digests = bundle.digests(images);
  Table table;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].pinned()) continue;
    table[images[i]] = {pinned_image(images[i], digests[i]), "pinned to its digest"};
  }
  if (table.empty()) return;
  bundle.new_labels[kPinnedLabel] = "true";
  apply_table(bundle, table);
}

}  // namespace iib::bundle
