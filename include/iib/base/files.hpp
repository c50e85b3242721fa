#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace iib {

/// A directory under `parent`, mode 0700, removed with its contents on destruction.
class TempDir {
 public:
  /// Makes `parent`/`prefix`XXXXXX; `parent` must exist. Throws ExternalError naming the path and
  /// the cause (disk full, not writable).
  explicit TempDir(const std::filesystem::path& parent, std::string_view prefix = "tmp-");
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  /// The directory, absolute if `parent` was.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Writes `content` so that a reader sees the old file or the new one, never a part: a temporary
/// beside it, fsync, rename, fsync of the directory. The file gets `mode`. Throws ExternalError
/// naming the path and the cause.
void write_file_atomically(const std::filesystem::path& path, std::string_view content,
                           unsigned mode = 0640);

/// The whole file. Throws ExternalError when it cannot be read, or UserError when it is larger than
/// `limit_bytes`; both name the path.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, std::size_t limit_bytes);

}  // namespace iib
