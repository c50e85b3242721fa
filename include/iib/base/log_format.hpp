#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/log.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace iib {

/// The names of levels as the original service writes them.
[[nodiscard]] std::string_view level_name(LogLevel level);

/// `record`'s message; where it has the name of a field in braces, `{name}`, that field's value.
[[nodiscard]] std::string message_of(const LogRecord& record);

/// The same with the fields that it does not name behind it, `name=value` each.
[[nodiscard]] std::string text_of(const LogRecord& record);

/// Makes a line, without its end, of a record and the moment it was written.
using LogLine = std::function<std::string(const LogRecord&, Timestamp)>;

/// A sink that writes to standard error what `line` makes.
[[nodiscard]] std::shared_ptr<LogSink> make_stderr_sink(LogLine line);

/// A line's pattern in the words of the original service, such as `%(levelname)s %(message)s`; `%%`
/// is a percent sign. Immutable.
class LogFormat {
 public:
  /// Reads `text`. Throws UserError naming what is unknown.
  [[nodiscard]] static LogFormat parse(std::string_view text);
  /// The placeholders that are known, for messages.
  [[nodiscard]] static std::string known();

  /// `record` in this pattern; times are UTC.
  [[nodiscard]] std::string line(const LogRecord& record, Timestamp when) const;

  /// Member by member.
  friend bool operator==(const LogFormat&, const LogFormat&) = default;

 private:
  enum class Place { asctime, name, levelname, module, function, message };
  /// Some text, and what comes behind it.
  struct Piece {
    std::string text;
    Place place;
    friend bool operator==(const Piece&, const Piece&) = default;
  };
  static Place place_of(std::string_view name);
  void append(std::string& line, Place place, const LogRecord& record, Timestamp when) const;

  std::vector<Piece> pieces_;
  std::string end_;
};

}  // namespace iib
