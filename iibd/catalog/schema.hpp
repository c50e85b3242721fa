#pragma once

#include "catalog/index_database.hpp"

#include <optional>

namespace iib::catalog {

/// The schema that every written index has (catalog-sqlite 1.1), the last one there will be.
inline constexpr int kSchemaVersion = 13;
/// The oldest schema that can be brought to it (1.3).
inline constexpr int kOldestSchemaVersion = 5;

/// Makes the tables of an empty index.
void create_schema(IndexDatabase& database);

/// The number in `schema_migrations`; nothing when there is none.
[[nodiscard]] std::optional<int> schema_version(IndexDatabase& database);

/// Whether no table holds a row that matters: such an index is an empty one, whatever its version.
[[nodiscard]] bool is_empty_index(IndexDatabase& database);

/// Throws Refused naming the first table or column of 1.1 that is missing.
void check_tables(IndexDatabase& database);

/// What makes changes fast: indexes on child keys, without which each cascade reads whole tables,
/// and the clean-up triggers in a form that does not join two tables for every deleted row. Inside
/// one transaction; remove_working_schema() undoes it before the index is published.
void add_working_schema(IndexDatabase& database);

/// Restores exactly the schema of 1.1.
void remove_working_schema(IndexDatabase& database);

/// What makes it fast to read and rewrite the graphs of many packages; remove_graph_index() undoes
/// it.
void add_graph_index(IndexDatabase& database);
void remove_graph_index(IndexDatabase& database);

}  // namespace iib::catalog
