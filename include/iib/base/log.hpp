#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace iib {

/// How much a line matters: error = someone must act; warning = we coped, look soon; info = the
/// story; debug = how.
enum class LogLevel { debug, info, warning, error };

/// A fact of a line, told apart for programs that read the log.
struct LogField {
  std::string_view name;                                       ///< As in `name=value`.
  std::variant<std::string_view, std::int64_t, double> value;  ///< Texts have no blank.
};

/// A line on its way to a sink; holds nothing itself.
struct LogRecord {
  LogLevel level = LogLevel::info;   ///< How much it matters.
  std::string_view module;           ///< Who speaks.
  std::string_view function;         ///< The function that does; empty when not known.
  std::string_view message;          ///< What happened.
  std::span<const LogField> fields;  ///< More of it.
};

/// Where lines go. Implementations are safe to call from any thread and never throw.
class LogSink {
 public:
  virtual ~LogSink() = default;
  /// Writes one line; `module` says who speaks.
  virtual void write(LogLevel level, std::string_view module,
                     std::string_view message) noexcept = 0;
  /// The same with all that is known of the line. Unless overridden the fields follow the message.
  virtual void write_record(const LogRecord& record) noexcept;
};

/// A format string that knows which function speaks.
template <class... Args>
struct LogText {
  /// Of a literal; the rest comes by itself.
  template <class Text>
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is what callers write
  consteval LogText(const Text& given, const char* speaker = __builtin_FUNCTION())
      : text{given}, function{speaker} {}

  fmt::format_string<Args...> text;  ///< Checked against the arguments.
  const char* function;              ///< Its name, without its class.
};

/// A module's voice: a cheap value, copied into whoever speaks. Safe to share between threads.
class Log {
 public:
  /// Lines below `threshold` are dropped before they are formatted.
  Log(std::shared_ptr<LogSink> sink, std::string module, LogLevel threshold)
      : sink_{std::move(sink)}, module_{std::move(module)}, threshold_{threshold} {}

  /// Formats and writes a debug line.
  template <class... Args>
  void debug(LogText<std::type_identity_t<Args>...> text, Args&&... args) const {
    write(LogLevel::debug, text, std::forward<Args>(args)...);
  }
  /// Formats and writes an info line.
  template <class... Args>
  void info(LogText<std::type_identity_t<Args>...> text, Args&&... args) const {
    write(LogLevel::info, text, std::forward<Args>(args)...);
  }
  /// Formats and writes a warning line.
  template <class... Args>
  void warning(LogText<std::type_identity_t<Args>...> text, Args&&... args) const {
    write(LogLevel::warning, text, std::forward<Args>(args)...);
  }
  /// Formats and writes an error line.
  template <class... Args>
  void error(LogText<std::type_identity_t<Args>...> text, Args&&... args) const {
    write(LogLevel::error, text, std::forward<Args>(args)...);
  }

  /// Writes an info line of facts; `message` is short and always the same.
  void event(std::string_view message, std::initializer_list<LogField> fields,
             const char* function = __builtin_FUNCTION()) const {
    event(LogLevel::info, message, fields, function);
  }
  /// The same at `level`.
  void event(LogLevel level, std::string_view message, std::initializer_list<LogField> fields,
             const char* function = __builtin_FUNCTION()) const {
    if (level < threshold_) return;
    sink_->write_record({.level = level,
                         .module = module_,
                         .function = function,
                         .message = message,
                         .fields = {fields.begin(), fields.size()}});
  }

 private:
  template <class... Args>
  void write(LogLevel level, LogText<std::type_identity_t<Args>...> text, Args&&... args) const {
    if (level < threshold_) return;
    const auto message = fmt::format(text.text, std::forward<Args>(args)...);
    sink_->write_record({.level = level,
                         .module = module_,
                         .function = text.function,
                         .message = message,
                         .fields = {}});
  }

  std::shared_ptr<LogSink> sink_;
  std::string module_;
  LogLevel threshold_;
};

/// A sink that drops everything.
[[nodiscard]] std::shared_ptr<LogSink> make_null_sink();

/// A sink that writes `time level module: message` lines to standard error.
[[nodiscard]] std::shared_ptr<LogSink> make_stderr_sink();

/// A sink that hands on to `target` only lines of at least `least`. A request's log tells more than
/// the daemon's.
[[nodiscard]] std::shared_ptr<LogSink> make_filter_sink(LogLevel least,
                                                        std::shared_ptr<LogSink> target);

/// `message` on one line: control characters escaped, at most `limit` bytes, the tail kept (the end
/// of a tool's output says what went wrong).
[[nodiscard]] std::string one_line(std::string_view message, std::size_t limit = 1000);

}  // namespace iib
