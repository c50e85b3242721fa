#pragma once

#include "catalog/index_database.hpp"

namespace iib::catalog {

/// Brings a database of schema `version`, kOldestSchemaVersion to kSchemaVersion, to kSchemaVersion
/// (catalog-sqlite 1.3). Inside the caller's transaction.
void migrate_schema(IndexDatabase& database, int version);

}  // namespace iib::catalog
