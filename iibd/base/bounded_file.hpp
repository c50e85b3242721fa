#pragma once

#include "iib/base/log_file.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace iib {

/// A descriptor that closes itself.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) noexcept : descriptor_{descriptor} {}
  OpenFile(OpenFile&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile();
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// A file of lines that loses its middle when it becomes too long. Its user calls it from one
/// thread at a time.
class BoundedFile {
 public:
  /// See make_bounded_file_sink().
  BoundedFile(std::string path, std::size_t limit_bytes);

  /// Appends a line with its end, cut when it is very long. What cannot be written is lost.
  void append(std::string line);

 private:
  void shorten();

  std::string path_;
  std::size_t limit_bytes_;
  OpenFile file_;
  std::uintmax_t bytes_;
};

}  // namespace iib
