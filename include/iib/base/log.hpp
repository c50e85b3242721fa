#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace iib {

/// How much a line matters: error = someone must act; warning = we coped, look soon; info = the
/// story; debug = how.
enum class LogLevel { debug, info, warning, error };

/// Where lines go. Implementations are safe to call from any thread and never throw.
class LogSink {
 public:
  virtual ~LogSink() = default;
  /// Writes one line; `module` says who speaks.
  virtual void write(LogLevel level, std::string_view module,
                     std::string_view message) noexcept = 0;
};

/// A module's voice: a cheap value, copied into whoever speaks. Safe to share between threads.
class Log {
 public:
  /// Lines below `threshold` are dropped before they are formatted.
  Log(std::shared_ptr<LogSink> sink, std::string module, LogLevel threshold)
      : sink_{std::move(sink)}, module_{std::move(module)}, threshold_{threshold} {}

  /// Formats and writes a debug line.
  template <class... Args>
  void debug(fmt::format_string<Args...> text, Args&&... args) const {
    write(LogLevel::debug, text, std::forward<Args>(args)...);
  }
  /// Formats and writes an info line.
  template <class... Args>
  void info(fmt::format_string<Args...> text, Args&&... args) const {
    write(LogLevel::info, text, std::forward<Args>(args)...);
  }
  /// Formats and writes a warning line.
  template <class... Args>
  void warning(fmt::format_string<Args...> text, Args&&... args) const {
    write(LogLevel::warning, text, std::forward<Args>(args)...);
  }
  /// Formats and writes an error line.
  template <class... Args>
  void error(fmt::format_string<Args...> text, Args&&... args) const {
    write(LogLevel::error, text, std::forward<Args>(args)...);
  }

 private:
  template <class... Args>
  void write(LogLevel level, fmt::format_string<Args...> text, Args&&... args) const {
    if (level < threshold_) return;
    sink_->write(level, module_, fmt::format(text, std::forward<Args>(args)...));
  }

  std::shared_ptr<LogSink> sink_;
  std::string module_;
  LogLevel threshold_;
};

/// A sink that drops everything.
[[nodiscard]] std::shared_ptr<LogSink> make_null_sink();

/// A sink that writes `time level module: message` lines to standard error.
[[nodiscard]] std::shared_ptr<LogSink> make_stderr_sink();

/// A sink that appends to `path` (created with mode 0640) and forwards every line to `also`.
/// Throws ExternalError when the file cannot be opened.
[[nodiscard]] std::shared_ptr<LogSink> make_file_sink(const std::string& path,
                                                      std::shared_ptr<LogSink> also);

/// A sink that hands on to `target` only lines of at least `least`. A request's log tells more than
/// the daemon's.
[[nodiscard]] std::shared_ptr<LogSink> make_filter_sink(LogLevel least,
                                                        std::shared_ptr<LogSink> target);

/// `message` on one line: control characters escaped, at most `limit` bytes, the tail kept (the end
/// of a tool's output says what went wrong).
[[nodiscard]] std::string one_line(std::string_view message, std::size_t limit = 1000);

}  // namespace iib
