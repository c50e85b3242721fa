#pragma once

#include "catalog/bundle.hpp"
#include "catalog/index_database.hpp"
#include "iib/catalog/problem.hpp"

#include <span>
#include <vector>

namespace iib::catalog {

/// What becomes of a new bundle whose name is in the index already.
enum class SameName { refuse, overwrite };

/// What can be told about new bundles before anything is written (catalog-sqlite 6.1, and the names
/// that 6.2 refuses).
[[nodiscard]] std::vector<Problem> check_addition(IndexDatabase& database,
                                                  std::span<const Bundle> bundles,
                                                  SameName same_name);

/// Whether each new bundle can be reached in each of its channels, now that the graph is written
/// (6.3).
[[nodiscard]] std::vector<Problem> check_reachability(IndexDatabase& database,
                                                      std::span<const Bundle> bundles);

}  // namespace iib::catalog
