#pragma once

#include "catalog/index_database.hpp"
#include "iib/catalog/contents.hpp"

namespace iib::catalog {

/// What an index database offers, in one pass over each small table: its payloads are not read.
[[nodiscard]] Contents read_sqlite_contents(IndexDatabase& database, const Selection& selection,
                                            const Cancellation& cancellation);

}  // namespace iib::catalog
