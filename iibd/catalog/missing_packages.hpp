#pragma once

#include "iib/catalog/problem.hpp"

#include <span>
#include <string>
#include <vector>

namespace iib::catalog {

/// That package `name` is not among the `known` ones, with similar names among them.
[[nodiscard]] Problem missing_package(const std::string& name, std::span<const std::string> known);

}  // namespace iib::catalog
