#pragma once

#include "iib/io/json.hpp"
#include "iib/model/request.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::model {

/// A state that a PATCH asks for.
struct NewState {
  RequestState state = RequestState::in_progress;  ///< The state to enter.
  std::string reason;                              ///< Never empty.
};

/// What one PATCH changes, checked but for what only the stored request can tell (rest-api 5.4).
struct Patch {
  std::optional<NewState> state;  ///< Unset: the history stays as it is.
  Learned learned;                ///< Everything else, but for the list below.
  /// Replaces the stored list even when it is empty; unset: that list stays.
  std::optional<std::vector<std::string>> fbc_fragments_resolved;
};

/// The body of a PATCH. It is read in two steps, because whether the request exists is decided
/// between them (rest-api 1.4).
class PatchBody {
 public:
  /// Reads `text`. Throws UserError unless it is a JSON object with at least one key.
  explicit PatchBody(std::string_view text);

  /// What the body asks of a request of `type`. Throws UserError naming the key and what is allowed
  /// when a key is not mutable for that type (rest-api 5.2) or a value breaks its rule (5.3).
  [[nodiscard]] Patch for_type(RequestType type);

 private:
  io::JsonDocument document_;
};

}  // namespace iib::model
