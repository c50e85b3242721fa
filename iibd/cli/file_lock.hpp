#pragma once

#include "cli/console.hpp"
#include "iib/base/cancellation.hpp"

#include <filesystem>
#include <string>

namespace iib::cli {

/// The right of one iibd to change a file: an exclusive lock on a file of its own, which goes with
/// this object. Not on the changed file itself, which may not exist yet and is replaced.
class FileLock {
 public:
  /// Waits for `path` until nobody else holds it; `subject` is what the user calls that which is
  /// changed. Throws ExternalError when the directory or its file system does not permit it.
  FileLock(std::filesystem::path path, const std::string& subject, const Cancellation& cancellation,
           Console& console);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  [[nodiscard]] bool try_lock(const std::string& subject);

  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace iib::cli
