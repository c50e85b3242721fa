#pragma once

#include "catalog/bundle.hpp"
#include "catalog/index_database.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

/// What graph work needs of a bundle's row. Its payloads are never loaded for that.
struct StoredBundle {
  std::string name;
  std::string version;
  std::string pull_spec;
  Edges edges;
};

/// Writes all rows of `bundle` but those of the graph (catalog-sqlite 4). Its name must be free.
void insert_bundle(IndexDatabase& database, const Bundle& bundle);

/// Adds a row to `properties` for a bundle that is there.
void insert_property(IndexDatabase& database, const StoredBundle& bundle,
                     const TypedValue& property);

/// The row of bundle `name`; nothing when it is only a name in a channel, or nowhere.
[[nodiscard]] std::optional<StoredBundle> find_bundle(IndexDatabase& database,
                                                      const std::string& name);

/// All names in table `deprecated`.
[[nodiscard]] std::set<std::string, std::less<>> deprecated_names(IndexDatabase& database);

/// Removes every trace of bundle `name` (8.1).
void delete_bundle(IndexDatabase& database, const std::string& name);

}  // namespace iib::catalog
