#pragma once

#include "catalog/bundle.hpp"
#include "catalog/index_database.hpp"
#include "iib/catalog/problem.hpp"

#include <span>
#include <string>
#include <vector>

namespace iib::catalog {

/// Whether the bundles whose names are in the index may take the place of those (catalog-sqlite 5.6
/// and 6.1).
[[nodiscard]] std::vector<Problem> check_overwriting(IndexDatabase& database,
                                                     std::span<const Bundle> bundles);

/// Removes the bundle `name` of `package` so that its successor of the same name can be added as if
/// it had never been there (5.6). It heads its channels: check_overwriting() found no problem.
void remove_overwritten(IndexDatabase& database, const std::string& package,
                        const std::string& name);

}  // namespace iib::catalog
