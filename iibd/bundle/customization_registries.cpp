#include "customization_steps.hpp"

#include <fmt/format.h>

namespace iib::bundle {

void replace_registries(Bundle& bundle, const config::OrderedTexts& replacements) {
  const std::map<std::string, std::string> registries{replacements.begin(), replacements.end()};
  Table table;
  for (const auto& image : bundle.images()) {
    const auto found = registries.find(image.registry);
    if (found == registries.end()) continue;
    auto replaced = image;
    replaced.registry = found->second;
    table[image] = {std::move(replaced),
                    fmt::format("registry {} replaced by {}", found->first, found->second)};
  }
  if (!table.empty()) apply_table(bundle, table);
}

}  // namespace iib::bundle
