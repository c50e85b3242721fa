#pragma once

#include "iib/store/store.hpp"
#include "store/connection.hpp"

namespace iib::store {

/// Page `number` of `size` requests that match `filter`, newest first.
[[nodiscard]] Page list_requests(Connection& connection, const Filter& filter, std::int64_t number,
                                 std::int64_t size, Detail detail);

}  // namespace iib::store
