#pragma once

#include "catalog/fbc/catalog_change.hpp"
#include "iib/catalog/engine.hpp"
#include "iib/catalog/problem.hpp"

#include <set>
#include <string>

namespace iib::catalog::fbc {

/// Says that `package`, which only `files` of the catalog have, gets no bundles of an index
/// database.
[[nodiscard]] Problem in_catalog_only(const std::string& package,
                                      const std::set<std::string>& files);

/// Whether YAML becomes JSON on the way (catalog-fbc 4.1 and 4.6).
enum class Yaml { keep, convert };

/// Lays the packages of `database` over the catalog; `had` are those of the database before.
/// Returns the packages that went: those that it has no longer. See with_database().
std::set<std::string> lay_database_over(CatalogChange& change, const Catalog& database,
                                        const std::set<std::string>& had, Yaml yaml);

}  // namespace iib::catalog::fbc
