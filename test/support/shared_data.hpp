#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

namespace iib::test {

/// Where the real bundles and the golden tables are (IIBD_SHARED, else beside the checkout);
/// nothing when they are not there, and a test that needs them is skipped.
inline std::optional<std::filesystem::path> shared_data() {
  const char* set = std::getenv("IIBD_SHARED");
  const std::filesystem::path path =
      set != nullptr ? std::filesystem::path{set}
                     : std::filesystem::path{IIBD_SOURCE_ROOT}.parent_path() / "shared";
  std::error_code error;
  if (!std::filesystem::is_regular_file(path / "corpus" / "bundles.json", error)) return {};
  return path;
}

}  // namespace iib::test
