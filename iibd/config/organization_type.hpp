#pragma once

#include "types.hpp"

namespace iib::config {

/// The customizations of one organization, in either form (bundle-regeneration 8.4, 9.6).
[[nodiscard]] Type<Organization> organization();

}  // namespace iib::config
