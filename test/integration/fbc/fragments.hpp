#pragma once

#include "registry.hpp"

#include <string>

namespace iib::test {

/// A package as a stream of JSON blobs: one channel `stable`, the bundle PACKAGE.vVERSION.
[[nodiscard]] std::string package_blobs(const std::string& package, const std::string& version);

/// An image with `catalog` at /configs/`directory`/catalog.json, and no label.
[[nodiscard]] TestImage fragment_image(const std::string& directory, const std::string& catalog);

/// The label of a file-based index.
inline constexpr auto kConfigsLabel = "operators.operatorframework.io.index.configs.v1";
/// The label of an index with a database.
inline constexpr auto kDatabaseLabel = "operators.operatorframework.io.index.database.v1";

}  // namespace iib::test
