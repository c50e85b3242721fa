#pragma once

#include "regenerate_bundle.hpp"

namespace iib::bundle {

/// Does what bundle-regeneration 8 says.
void apply_core_rules(Bundle& bundle, const config::CoreCustomizations& customizations);

}  // namespace iib::bundle
