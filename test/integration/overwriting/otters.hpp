#pragma once

#include "site.hpp"

#include <string>

namespace iib::test {

/// Pushes a copy of a small bundle, as the only one of the package `name`, as `name`:latest; gives
/// its pull specification. Its name in an index is otter_name(`name`).
std::string push_otter(Site& site, const std::string& name);

[[nodiscard]] std::string otter_name(const std::string& name);

}  // namespace iib::test
