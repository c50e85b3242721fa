#pragma once

#include "image_site.hpp"

#include <string>

namespace iib::test {

/// A tools engine, and what lies in its storage.
struct StorageSite : ImageSite {
  /// What buildah lists in the storage.
  [[nodiscard]] std::string listed(const std::string& what) {
    const auto root = state.path() / "engine";
    const std::string driver = std::filesystem::exists(root / "overlay" / "run" / "boot-id") &&
                                       !std::filesystem::exists(root / "vfs")
                                   ? "overlay"
                                   : "vfs";
    return output_of(runner, "buildah",
                     {"--root", root / driver / "root", "--runroot", root / driver / "run",
                      "--storage-driver", driver, what, "--all", "--json"});
  }

  [[nodiscard]] std::size_t count(const std::string& what) {
    const auto found = io::parse_json(listed(what));
    return found.IsArray() ? found.Size() : 0;
  }

  image::ToolsEngine engine{runner, tools_options(),
                            Log{make_stderr_sink(), "image", LogLevel::warning}};
};

}  // namespace iib::test
