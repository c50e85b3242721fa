#pragma once

#include <filesystem>

namespace iib {

/// Whether `path` is `directory` or below it, by their words alone: no link is followed. Both are
/// absolute, or both relative to one place.
[[nodiscard]] inline bool is_within(const std::filesystem::path& path,
                                    const std::filesystem::path& directory) {
  const auto relative = path.lexically_relative(directory);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace iib
