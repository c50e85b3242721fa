#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

/// The few `known` names that somebody who typed `wanted` may have meant, the likeliest first: they
/// differ in few characters, at least from the word that the name begins with, or one is a part of
/// the other.
[[nodiscard]] std::vector<std::string> similar_names(std::string_view wanted,
                                                     std::span<const std::string> known);

}  // namespace iib::catalog
