#pragma once

#include "iib/model/request.hpp"

#include <optional>
#include <string>

namespace iib::store {

/// One change of a request's state, among those of all requests. Their ids rise in the order in
/// which they became visible: who has seen one has seen all before it.
struct StateChange {
  model::StateEntry entry;                                ///< The state, with its id.
  RequestId request;                                      ///< Whose state it is.
  model::RequestType type = model::RequestType::generic;  ///< Of the request.
  BatchId batch;                                          ///< Of the request.
  std::optional<std::string> user = {};                   ///< Unset: anonymous.
  /// The state that the batch told with this change (rest-api 10.1): `in_progress` with the first
  /// state of its last request, and its end with each state after which all of it has ended.
  std::optional<model::RequestState> batch_state = {};
};

}  // namespace iib::store
