#pragma once

#include <map>
#include <string>

namespace iib::catalog {

/// The label of an index image that tells where its SQLite database lies (catalog-sqlite 2).
inline constexpr auto kDatabaseLabel = "operators.operatorframework.io.index.database.v1";
/// The label of an index image that tells where its file-based catalog lies (catalog-fbc 1.6).
inline constexpr auto kConfigsLabel = "operators.operatorframework.io.index.configs.v1";
/// Where an index image that serves a file-based catalog has its serve cache (catalog-fbc 4.2).
inline constexpr auto kCachePath = "/tmp/cache";

/// Whether an index image with these labels holds a file-based catalog. The base of one may bring
/// the other label with it (catalog-fbc 4.1, 4.2).
[[nodiscard]] bool is_file_based(const std::map<std::string, std::string>& labels);

}  // namespace iib::catalog
