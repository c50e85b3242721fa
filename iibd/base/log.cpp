#include "iib/base/log.hpp"

#include "base/bounded_file.hpp"
#include "iib/base/error.hpp"
#include "iib/base/log_file.hpp"
#include "iib/base/log_format.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <new>
#include <vector>

namespace iib {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

constexpr auto kPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %n: %v";

class NullSink final : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::string_view) noexcept override {}
};

class FilterSink final : public LogSink {
 public:
  FilterSink(LogLevel least, std::shared_ptr<LogSink> target)
      : least_{least}, target_{std::move(target)} {}
  void write(LogLevel level, std::string_view module, std::string_view message) noexcept override {
    if (level >= least_) target_->write(level, module, message);
  }
  void write_record(const LogRecord& record) noexcept override {
    if (record.level >= least_) target_->write_record(record);
  }

 private:
  LogLevel least_;
  std::shared_ptr<LogSink> target_;
};

/// Writes with spdlog, without its registry of global loggers. Without a `line` of its own in the
/// form of kPattern.
class SpdlogSink final : public LogSink {
 public:
  SpdlogSink(std::shared_ptr<spdlog::sinks::sink> target, std::shared_ptr<LogSink> also,
             LogLine line)
      : target_{std::move(target)}, also_{std::move(also)}, line_{std::move(line)} {
    target_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        line_ ? "%v" : kPattern, spdlog::pattern_time_type::utc));
  }

  void write(LogLevel level, std::string_view module, std::string_view message) noexcept override {
    write_record(
        {.level = level, .module = module, .function = {}, .message = message, .fields = {}});
  }

  void write_record(const LogRecord& record) noexcept override {
    try {
      if (line_) {
        put(record, line_(record, SystemClock{}.now()));
      } else if (record.fields.empty()) {
        put(record, record.message);
      } else {
        put(record, text_of(record));
      }
    } catch (const std::exception&) {
      // A full disk must not stop the work that is being told of; the other sink still has the
      // line.
    }
    if (also_) also_->write_record(record);
  }

 private:
  void put(const LogRecord& record, std::string_view text) {
    target_->log({spdlog::source_loc{},
                  spdlog::string_view_t{record.module.data(), record.module.size()},
                  to_spdlog(record.level), spdlog::string_view_t{text.data(), text.size()}});
    target_->flush();
  }

  std::shared_ptr<spdlog::sinks::sink> target_;
  std::shared_ptr<LogSink> also_;
  LogLine line_;
};

/// Appends to a file that has a bound; spdlog's own file sink can set neither mode nor O_CLOEXEC.
class AppendSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  AppendSink(const std::string& path, std::size_t limit_bytes) : file_{path, limit_bytes} {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    file_.append({line.data(), line.size()});
  }
  void flush_() override {}

 private:
  BoundedFile file_;
};

void append_value(std::string& text, const LogField& field) {
  if (const auto* words = std::get_if<std::string_view>(&field.value)) {
    text += *words;
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    text += fmt::format("{}", *number);
  } else {
    text += fmt::format("{:.3f}", std::get<double>(field.value));
  }
}

/// The message with the values of the fields that it names in braces; `told` are those.
std::string filled(const LogRecord& record, std::vector<bool>& told) {
  const auto fields = record.fields;
  told.assign(fields.size(), false);
  std::string text;
  auto rest = record.message;
  for (auto brace = rest.find('{'); !fields.empty() && brace != std::string_view::npos;
       brace = rest.find('{')) {
    text += rest.substr(0, brace);
    rest.remove_prefix(brace);
    const auto name = rest.substr(1, std::min(rest.find('}'), rest.size()) - 1);
    const auto named = std::ranges::find(fields, name, &LogField::name);
    if (named == fields.end()) {
      text += '{';
      rest.remove_prefix(1);
      continue;
    }
    append_value(text, *named);
    told[static_cast<std::size_t>(named - fields.begin())] = true;
    rest.remove_prefix(name.size() + 2);
  }
  return text.append(rest);
}

}  // namespace

void LogSink::write_record(const LogRecord& record) noexcept {
  try {
    if (record.fields.empty()) {
      write(record.level, record.module, record.message);
    } else {
      write(record.level, record.module, text_of(record));
    }
  } catch (const std::bad_alloc&) {
    write(record.level, record.module, record.message);
  }
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "DEBUG";
    case LogLevel::info:
      return "INFO";
    case LogLevel::warning:
      return "WARNING";
    case LogLevel::error:
      return "ERROR";
  }
  return "INFO";
}

std::string message_of(const LogRecord& record) {
  std::vector<bool> told;
  return filled(record, told);
}

std::string text_of(const LogRecord& record) {
  std::vector<bool> told;
  auto text = filled(record, told);
  for (std::size_t i = 0; i < record.fields.size(); ++i) {
    if (told[i]) continue;
    if (!text.empty()) text += ' ';
    text.append(record.fields[i].name).append("=");
    append_value(text, record.fields[i]);
  }
  return text;
}

std::shared_ptr<LogSink> make_null_sink() {
  return std::make_shared<NullSink>();
}

std::shared_ptr<LogSink> make_stderr_sink() {
  return make_stderr_sink(LogLine{});
}

std::shared_ptr<LogSink> make_stderr_sink(LogLine line) {
  return std::make_shared<SpdlogSink>(std::make_shared<spdlog::sinks::stderr_sink_mt>(), nullptr,
                                      std::move(line));
}

std::shared_ptr<LogSink> make_bounded_file_sink(const std::string& path, std::size_t limit_bytes,
                                                std::shared_ptr<LogSink> also) {
  return std::make_shared<SpdlogSink>(std::make_shared<AppendSink>(path, limit_bytes),
                                      std::move(also), LogLine{});
}

std::shared_ptr<LogSink> make_filter_sink(LogLevel least, std::shared_ptr<LogSink> target) {
  return std::make_shared<FilterSink>(least, std::move(target));
}

std::string one_line(std::string_view message, std::size_t limit) {
  while (!message.empty() && (message.back() == '\n' || message.back() == '\r')) {
    message.remove_suffix(1);
  }
  std::string line;
  if (message.size() > limit) {
    message.remove_prefix(message.size() - limit);
    line = "...";
  }
  for (const char raw : message) {
    const auto byte = static_cast<unsigned char>(raw);
    if (raw == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += raw;
    }
  }
  return line;
}

}  // namespace iib
