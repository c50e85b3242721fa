#pragma once

#include "catalog/index_database.hpp"
#include "iib/base/cancellation.hpp"

#include <span>
#include <string>

namespace iib::catalog {

/// Removes whole packages (catalog-sqlite 8.2); repeats count once. Throws Refused naming all that
/// are not there, before anything is changed.
void remove_packages(IndexDatabase& database, std::span<const std::string> packages,
                     const Cancellation& cancellation);

/// Removes every package but `kept` ones (8.3); names that are not there do not matter.
void prune_packages(IndexDatabase& database, std::span<const std::string> kept,
                    const Cancellation& cancellation);

/// Removes bundles in no channel whose package is gone, and marks of bundles that are gone (8.4,
/// steps 2 and 3).
void prune_tombstones(IndexDatabase& database);

/// Removes what no channel holds and no deprecation keeps (8.4).
void prune_stranded(IndexDatabase& database);

}  // namespace iib::catalog
