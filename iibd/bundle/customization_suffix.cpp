#include "annotations_file.hpp"
#include "customization_steps.hpp"

#include <fmt/format.h>

namespace iib::bundle {

void add_package_name_suffix(Bundle& bundle, std::string_view suffix) {
  if (suffix.empty() || bundle.package_name.ends_with(suffix)) return;
  const std::size_t length = bundle.package_name.size();
  bundle.package_name += suffix;
  DocumentEdit edit{bundle.annotations().now()};
  edit.replace({std::string{"annotations"}, std::string{kPackageLabel}}, 0, length,
               bundle.package_name, fmt::format("package name suffix {}", suffix));
  bundle.annotations().apply(edit);
  bundle.new_labels[std::string{kPackageLabel}] = bundle.package_name;
}

}  // namespace iib::bundle
