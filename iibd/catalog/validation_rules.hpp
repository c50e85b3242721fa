#pragma once

#include "catalog/breaches.hpp"
#include "catalog/index_database.hpp"
#include "iib/base/cancellation.hpp"

namespace iib::catalog {

/// The rules about rows: each package, channel, entry and bundle for itself, and what refers to
/// what (catalog-sqlite 1.1, 5 and 8).
void check_rows(IndexDatabase& database, Breaches& breaches, const Cancellation& cancellation);

/// The rules about whole channels: what is reachable from the head, and no way leads back (5.4).
void check_graphs(IndexDatabase& database, Breaches& breaches, const Cancellation& cancellation);

/// The rules about what is in the bundles: readable, and in agreement with the columns (3.7, 3.9).
void check_payloads(IndexDatabase& database, Breaches& breaches, const Cancellation& cancellation);

}  // namespace iib::catalog
