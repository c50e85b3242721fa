#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/files.hpp"

#include <filesystem>

namespace iib::cli {

/// What may lie where a new directory is put.
enum class Occupied { refused, replaced };

/// A directory that appears as a whole once everything in it is right.
class NewDirectory {
 public:
  /// `name` must be absent or an empty directory, or any directory that is to be replaced. Throws
  /// UserError naming it.
  NewDirectory(std::filesystem::path name, Occupied occupied);

  /// Where it is made: a directory that is not there yet, on the same file system.
  [[nodiscard]] std::filesystem::path path() const { return work_.path() / "new"; }
  /// Puts it in its place.
  void keep();

 private:
  std::filesystem::path name_;
  TempDir work_;
};

/// Makes `to` a copy of the directory `from` with files of its own, so that whoever edits one of
/// them changes nothing elsewhere. Throws ExternalError, Cancelled.
void copy_directory(const std::filesystem::path& from, const std::filesystem::path& to,
                    const Cancellation& cancellation);

}  // namespace iib::cli
