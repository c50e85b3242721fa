#pragma once

#include "iib/catalog/engine.hpp"

#include <filesystem>

namespace iib::catalog {

/// The database file of `catalog`. Throws Refused for a file-based catalog.
[[nodiscard]] const std::filesystem::path& sqlite_path(const Catalog& catalog);

}  // namespace iib::catalog
