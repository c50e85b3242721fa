#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

/// The length of the JSON value at the beginning of `text`, blanks before it included. The value is
/// only delimited, not checked. Nothing when it does not end.
[[nodiscard]] std::optional<std::size_t> json_extent(std::string_view text);

/// A member of an object as written.
struct RawMember {
  std::string key;
  std::string_view value;
};

/// The elements of the valid JSON array `text`, as written.
[[nodiscard]] std::vector<std::string_view> raw_elements(std::string_view text);

/// The members of the valid JSON object `text`, in the order written.
[[nodiscard]] std::vector<RawMember> raw_members(std::string_view text);

}  // namespace iib::catalog
