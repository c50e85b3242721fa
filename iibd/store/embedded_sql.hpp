#pragma once

#include <span>
#include <string_view>

namespace iib::store {

/// What brings a database from version `number - 1` to `number` (data/migrations).
struct Migration {
  int number;
  std::string_view name;
  std::string_view sql;
};

/// data/schema.sql: makes a new database.
[[nodiscard]] std::string_view schema_sql();
/// All migrations, in order of their numbers.
[[nodiscard]] std::span<const Migration> migrations();

}  // namespace iib::store
