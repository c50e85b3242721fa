#pragma once

#include "types.hpp"

#include <vector>

namespace iib::config {

/// The receivers of `iib_webhooks`.
[[nodiscard]] Type<std::vector<Webhook>> webhooks();

}  // namespace iib::config
