#pragma once

#include "iib/store/state_change.hpp"
#include "store/connection.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace iib::store {

/// See Store::changes_after.
[[nodiscard]] std::vector<StateChange> changes_after(Connection& connection, EventId last,
                                                     std::size_t most, std::optional<RequestId> of);

/// The newest change of a state; 0 when there was none yet.
[[nodiscard]] EventId newest_event(Connection& connection);

}  // namespace iib::store
