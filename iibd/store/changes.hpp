#pragma once

#include "iib/store/store.hpp"
#include "store/connection.hpp"
#include "store/outbox.hpp"

#include <string>

namespace iib::store {

/// See Store::patch.
[[nodiscard]] Changed patch_request(Connection& connection, RequestId id, const model::Patch& patch,
                                    Timestamp now, const Outbox& outbox);

/// See Store::cancel.
[[nodiscard]] Changed cancel_request(Connection& connection, RequestId id,
                                     const std::string& reason, Timestamp now,
                                     const Outbox& outbox);

}  // namespace iib::store
