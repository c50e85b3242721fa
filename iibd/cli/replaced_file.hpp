#pragma once

#include "cli/console.hpp"
#include "cli/file_lock.hpp"
#include "iib/base/cancellation.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>

namespace iib::cli {

/// A file that one iibd at a time replaces as a whole: readers see the old one or the new one.
/// While this lives, others wait for it at a lock file beside it, which goes with it.
class ReplacedFile {
 public:
  /// Waits until no other iibd changes `name`, and removes what a killed one left beside it. A
  /// symbolic link stays: what it points to is replaced. Throws UserError for what cannot be
  /// replaced: no regular file, read-only, or one that another program is writing.
  ReplacedFile(const std::filesystem::path& name, const Cancellation& cancellation,
               Console& console);
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;

  /// Whether it was there when the lock was taken.
  [[nodiscard]] bool exists() const noexcept { return before_.has_value(); }
  /// Where the replacement is to be made: on the same file system.
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
  /// How the name of a temporary directory in directory() must begin to be removed one day.
  [[nodiscard]] std::string work_prefix() const;
  /// Puts `replacement` in its place, durably, with the mode and, where permitted, the owner of the
  /// file that was there. Throws UserError when another program has changed that one meanwhile.
  void replace(const std::filesystem::path& replacement);

 private:
  void look();
  void sweep() const;

  std::filesystem::path given_;
  /// Without symbolic links.
  std::filesystem::path path_;
  std::filesystem::path directory_;
  std::optional<FileLock> lock_;
  std::optional<struct stat> before_;
};

}  // namespace iib::cli
