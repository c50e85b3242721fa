#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace iib::web {

/// Bytes that nobody can guess.
[[nodiscard]] std::string random_bytes(std::size_t count);

/// Compares so that the time tells nothing but the lengths.
[[nodiscard]] bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace iib::web
