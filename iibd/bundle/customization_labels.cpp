#include "customization_steps.hpp"
#include "iib/base/text_template.hpp"
#include "iib/bundle/refusal.hpp"
#include "place.hpp"

#include <fmt/format.h>

namespace iib::bundle {
namespace {

[[noreturn]] void refuse(const ImageName& image, const std::string& name_template,
                         const std::string& label, const Labels& labels) {
  std::string existing;
  for (const auto& [name, value] : labels) {
    existing += fmt::format("{}{}", existing.empty() ? "" : ", ", name);
  }
  throw Refusal{
      RefusalCode::image_name_label_missing,
      fmt::format("{} has no label '{}', which the template '{}' for names of images needs; its "
                  "labels are: {}",
                  shown(image.text()), label, name_template,
                  existing.empty() ? "none" : shown(existing))};
}

/// Labels are of any length, and the name is written to every place of the image: without a bound a
/// small bundle could ask for a huge one. Registries take names of up to 255 characters.
constexpr std::size_t kMaxNameBytes = 1024;

void check_length(const ImageName& image, const std::string& name_template,
                  const std::string& name) {
  if (name.size() <= kMaxNameBytes) return;
  throw Refusal{
      RefusalCode::image_name_label_missing,
      fmt::format("the labels of {} do not make a name by the template '{}': it would have {} "
                  "bytes, of at most {}; shorten the labels",
                  shown(image.text()), name_template, name.size(), kMaxNameBytes)};
}

}  // namespace

void name_images_from_labels(Bundle& bundle, const std::string& name_template) {
  if (name_template.empty()) return;
  const TextTemplate form{name_template};
  const auto images = bundle.images();
  const auto labels = bundle.labels(images);
  Table table;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto name = form.fill([&](const std::string& label) {
      const auto found = labels[i].find(label);
      if (found == labels[i].end()) refuse(images[i], name_template, label, labels[i]);
      return found->second;
    });
    check_length(images[i], name_template, name);
    auto renamed = images[i];
    const auto slash = name.find('/');
    renamed.name_space = slash == std::string::npos ? "" : name.substr(0, slash);
    renamed.repository = slash == std::string::npos ? name : name.substr(slash + 1);
    table[images[i]] = {std::move(renamed), "named by its labels"};
  }
  apply_table(bundle, table);
}

}  // namespace iib::bundle
