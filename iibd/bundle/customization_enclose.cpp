#include "customization_steps.hpp"

#include <fmt/format.h>

namespace iib::bundle {
namespace {

/// `text` with `by` in place of each slash.
std::string join_parts(std::string_view text, std::string_view by) {
  std::string joined;
  for (const char byte : text) {
    if (byte == '/') {
      joined += by;
    } else {
      joined += byte;
    }
  }
  return joined;
}

}  // namespace

void enclose_repositories(Bundle& bundle, const std::string& name_space, std::string_view glue) {
  if (name_space.empty() || glue.empty()) return;
  Table table;
  for (const auto& image : bundle.images()) {
    auto enclosed = image;
    enclosed.repository = join_parts(image.repository, glue);
    if (!image.name_space.empty() && image.name_space != name_space) {
      enclosed.repository = fmt::format("{}{}{}", image.name_space, glue, enclosed.repository);
    }
    enclosed.name_space = name_space;
    table[image] = {std::move(enclosed), fmt::format("enclosed in {}", name_space)};
  }
  apply_table(bundle, table);
}

}  // namespace iib::bundle
