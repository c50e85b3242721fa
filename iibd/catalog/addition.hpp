#pragma once

#include "catalog/bundle.hpp"
#include "catalog/index_database.hpp"
#include "catalog/payload_spool.hpp"
#include "iib/base/cancellation.hpp"
#include "iib/catalog/engine.hpp"

#include <span>
#include <vector>

namespace iib::catalog {

/// Reads the bundles of a call, several at once; a pull specification given twice counts once.
/// Their payloads may go to `spool`. Throws Refused with the problems of all of them.
[[nodiscard]] std::vector<Bundle> read_bundles(std::span<const BundleSource> sources,
                                               PayloadSpool& spool, const Work& work);

/// Adds `bundles` to the index (catalog-sqlite 5). Throws Refused when that breaks a rule; the
/// database is of no use then.
void add_bundles(IndexDatabase& database, std::vector<Bundle> bundles, const PayloadSpool& spool,
                 const AddOptions& options, const Cancellation& cancellation);

}  // namespace iib::catalog
