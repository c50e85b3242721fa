#pragma once

#include "iib/base/log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace iib {

/// What a log file lacks in its middle, and the line in it that says so.
struct LeftOut {
  std::uintmax_t at = 0;          ///< Where that line begins.
  std::uintmax_t line_bytes = 0;  ///< Its length, its end included.
  std::uintmax_t lines = 0;       ///< How many lines are not there.
  std::uintmax_t bytes = 0;       ///< How many bytes they had.
};

/// What the log open as `descriptor` lacks; nothing when it is whole.
[[nodiscard]] std::optional<LeftOut> left_out_of(int descriptor);

/// The least bound of a log file.
constexpr std::size_t kLeastLogBytes = 64UL << 10U;

/// A sink that appends to `path` (created with mode 0640) and forwards every line to `also`. A file
/// that would become longer than `limit_bytes` (at least kLeastLogBytes) is replaced by one of its
/// first half and its last quarter, with a line between them that tells what was left out; whoever
/// has the old one open reads it as it was. Throws ExternalError when the file cannot be opened.
[[nodiscard]] std::shared_ptr<LogSink> make_bounded_file_sink(const std::string& path,
                                                              std::size_t limit_bytes,
                                                              std::shared_ptr<LogSink> also);

/// Where a file is made that is to replace the log `path`.
[[nodiscard]] std::string replacement_of_log(const std::string& path);

}  // namespace iib
