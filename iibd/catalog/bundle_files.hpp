#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace iib::catalog {

/// Whether names that begin with a dot count.
enum class HiddenFiles { skip, include };

/// Names of the files directly in `directory`, bytewise; subdirectories are left out. Throws
/// UserError when there is no such directory, when it has too many files, or when a link in it
/// leads out of `root`.
[[nodiscard]] std::vector<std::string> list_files(const std::filesystem::path& root,
                                                  const std::filesystem::path& directory,
                                                  HiddenFiles hidden);

/// The largest file that is read. A cluster takes objects of up to 1.5 MB; a file is held several
/// times while it is read.
constexpr std::size_t kMaxFileBytes = 6UL << 20U;

/// Reads files of one bundle and refuses what no honest bundle has, before it fills the memory.
class BundleFiles {
 public:
  /// The content of `path`; nothing when it is larger than kMaxFileBytes. Throws UserError when all
  /// files together are too large.
  [[nodiscard]] std::optional<std::string> read(const std::filesystem::path& path);

 private:
  std::size_t total_bytes_ = 0;
};

}  // namespace iib::catalog
