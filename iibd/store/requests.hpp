#pragma once

#include "iib/model/request.hpp"
#include "iib/store/store.hpp"
#include "store/connection.hpp"

#include <optional>
#include <string_view>

namespace iib::store {

/// One request with its history or only the newest entry of it.
[[nodiscard]] std::optional<model::Request> load_request(Connection& connection, RequestId id,
                                                         Detail detail);

/// The newest entry of a request's history; nothing when there is no such request.
[[nodiscard]] std::optional<model::StateEntry> latest_state(Connection& connection, RequestId id);

/// Appends to the history. Fails when the request is final and `state` is another.
EventId add_state(Connection& connection, RequestId request, model::RequestState state,
                  std::string_view reason, Timestamp now);

/// Stores what a job learned.
void store_learned(Connection& connection, RequestId request, const model::Learned& learned);

}  // namespace iib::store
