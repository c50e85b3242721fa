#pragma once

#include "catalog/index_database.hpp"
#include "iib/catalog/engine.hpp"

#include <vector>

namespace iib::catalog {

/// All real bundles that have a place in a channel, by package and name, each once.
[[nodiscard]] std::vector<ListedBundle> list_bundles(IndexDatabase& database);

}  // namespace iib::catalog
