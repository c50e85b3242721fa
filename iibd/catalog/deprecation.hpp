#pragma once

#include "catalog/index_database.hpp"
#include "iib/base/cancellation.hpp"

#include <span>
#include <string>

namespace iib::catalog {

/// Whether deprecating all channel heads of a package may remove it.
enum class PackageRemoval { refuse, allow };

/// Deprecates bundles given by their pull specifications: what lies below them in their channels
/// goes (catalog-sqlite 8.5); repeats count once. Throws Refused with all problems; the database is
/// of no use then.
void deprecate_bundles(IndexDatabase& database, std::span<const std::string> pull_specs,
                       PackageRemoval removal, const Cancellation& cancellation);

}  // namespace iib::catalog
