#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::catalog {

/// `text` as a YAML 1.1 scalar: plain where that reads back as the same string, in double quotes
/// where it would read as another type, else in single quotes (catalog-sqlite 8.7).
[[nodiscard]] std::string yaml_string(std::string_view text);

/// The file package.yaml. `channels` are pairs of name and head, in order.
[[nodiscard]] std::string package_yaml(
    std::string_view package, const std::vector<std::pair<std::string, std::string>>& channels,
    std::string_view default_channel);

}  // namespace iib::catalog
