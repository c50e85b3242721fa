#pragma once

#include "iib/store/store.hpp"
#include "store/connection.hpp"
#include "store/outbox.hpp"

namespace iib::store {

/// Stores batch, requests, first states, jobs and messages; gives the requests as stored. One that
/// repeats an earlier submission gives that one's requests as they were created.
[[nodiscard]] std::vector<model::Request> submit_batch(Connection& connection,
                                                       const model::NewBatch& batch,
                                                       const Secret& key, Timestamp now,
                                                       const Outbox& outbox);

}  // namespace iib::store
