#pragma once

#include "steps.hpp"

#include <string_view>

namespace iib::test {

/// What happens in a step.
enum class Trouble {
  down_before,    ///< The registry is gone from the step's first request on.
  down_during,    ///< The same, but it got that request, and half of the answer arrives, or none.
  down_after,     ///< The same, but that request is answered.
  killed_before,  ///< The daemon dies before the registry gets that request.
  killed_after,   ///< The daemon dies before it hears what the registry did.
  stopped,        ///< The daemon is asked to stop.
  cancelled,
  disk_full,
};

[[nodiscard]] std::string_view to_string(Trouble trouble);

/// Runs a request of `type` on a new place of `site` into `trouble` in the step `number` of its
/// type, and checks how it ends, what is left, and that the next one is built.
void check_cell(MatrixSite& site, const std::string& type, std::size_t number, Trouble trouble);

}  // namespace iib::test
