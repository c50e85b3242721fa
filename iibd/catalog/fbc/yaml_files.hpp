#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/catalog/fbc.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace iib::catalog::fbc {

/// The name of the JSON file that `name` becomes; empty when it is not named as YAML.
[[nodiscard]] std::string json_name(const std::string& name);

/// Turns the YAML files of the catalog in `root` into JSON files of the same stem (catalog-fbc 4.1;
/// O9: as YAML 1.1). Blobs keep all their fields. Throws RefusedCatalog naming all files for which
/// that cannot be done. Files beside a JSON file of that name stay; findings about them are given,
/// for someone who knows whether there is nothing worse.
[[nodiscard]] std::vector<Finding> convert_yaml_files(const std::filesystem::path& root,
                                                      const Cancellation& cancellation);

}  // namespace iib::catalog::fbc
