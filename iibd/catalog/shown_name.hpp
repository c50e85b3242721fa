#pragma once

#include "catalog/json_text.hpp"
#include "iib/base/log.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace iib::catalog {

/// A longer name does not push all other columns to the right.
inline constexpr std::size_t kWidestName = 60;

/// A name as people may see it: it came from outside, so control characters in it must not reach a
/// terminal, nor its length fill one.
inline std::string shown(std::string_view name) {
  return name.empty() ? "(none)" : replace_invalid_utf8(one_line(name, 400));
}

}  // namespace iib::catalog
