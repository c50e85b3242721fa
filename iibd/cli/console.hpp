#pragma once

#include "iib/base/log.hpp"

#include <mutex>
#include <string>
#include <string_view>

namespace iib::cli {

/// What a command tells beside its result, on standard error: warnings, and on a terminal a line of
/// progress that is rewritten. Safe to call from any thread.
class Console final : public LogSink {
 public:
  Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;
  /// Erases the line of progress.
  ~Console() override;

  /// A line of its own, `warning: ...`.
  void write(LogLevel level, std::string_view module, std::string_view message) noexcept override;
  /// Shows `step` in place of the last one.
  void progress(std::string_view step);
  /// Erases what progress() shows, before a result is printed.
  void clear();

 private:
  void erase();
  const bool terminal_;
  std::mutex mutex_;
  bool shown_ = false;
};

}  // namespace iib::cli
