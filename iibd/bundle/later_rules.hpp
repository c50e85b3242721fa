#pragma once

#include "regenerate_bundle.hpp"

#include <vector>

namespace iib::bundle {

/// Applies `customizations` one after the other (bundle-regeneration 9).
void apply_later_rules(Bundle& bundle, const std::vector<config::Customization>& customizations);

}  // namespace iib::bundle
