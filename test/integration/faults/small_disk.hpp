#pragma once

#include "iib/base/files.hpp"
#include "skip.hpp"

#include <filesystem>
#include <string>

namespace iib::test {

/// A small file system of its own, gone with this object.
class SmallDisk {
 public:
  /// `size` as mount(8) takes it.
  explicit SmallDisk(const std::string& size);
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk();

  /// Only root may mount.
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  /// The file that fill() makes.
  [[nodiscard]] std::filesystem::path filler() const { return path() / "filler"; }
  void fill() const;
  void forbid_writing() const;

 private:
  TempDir folder_;
  bool mounted_;
};

}  // namespace iib::test

/// Ends the test case as skipped when `disk` could not be mounted.
#define IIBD_NEEDS_DISK(disk)                                  \
  do {                                                         \
    if (!(disk).mounted()) IIBD_SKIP("may not mount a tmpfs"); \
  } while (false)
