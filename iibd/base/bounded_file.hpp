#pragma once

#include "iib/base/descriptor.hpp"
#include "iib/base/log_file.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace iib {

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
  Descriptor file_;
  std::uintmax_t bytes_;
};

}  // namespace iib
