#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/log.hpp"
#include "store/embedded_sql.hpp"

#include <filesystem>
#include <span>
#include <string_view>

namespace iib::store {

/// What a database is made of and upgraded by; tests bring their own.
struct SchemaSource {
  std::string_view schema = schema_sql();
  std::span<const Migration> steps = migrations();

  /// The version that `steps` lead to.
  [[nodiscard]] int version() const { return steps.back().number; }
};

/// The versions before and after; 0 is a database that was not there.
struct Upgrade {
  int from = 0;
  int to = 0;
};

/// Makes the database when it is absent, upgrades an older one after a backup copy beside it.
/// Throws UserError for a newer one or one that is not ours.
Upgrade prepare_database(const std::filesystem::path& database, const SchemaSource& source,
                         const Clock& clock, const Log& log);

/// Writes a copy of `database` to `target`, which must not exist: whole, or not there at all.
void copy_database(const std::filesystem::path& database, const std::filesystem::path& target);

}  // namespace iib::store
