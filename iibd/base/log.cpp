#include "iib/base/log.hpp"

#include "iib/base/error.hpp"

#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <mutex>
#include <system_error>

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

 private:
  LogLevel least_;
  std::shared_ptr<LogSink> target_;
};

/// Formats with spdlog, without its registry of global loggers.
class SpdlogSink final : public LogSink {
 public:
  SpdlogSink(std::shared_ptr<spdlog::sinks::sink> target, std::shared_ptr<LogSink> also)
      : target_{std::move(target)}, also_{std::move(also)} {
    target_->set_formatter(
        std::make_unique<spdlog::pattern_formatter>(kPattern, spdlog::pattern_time_type::utc));
  }

  void write(LogLevel level, std::string_view module, std::string_view message) noexcept override {
    try {
      target_->log({spdlog::source_loc{}, spdlog::string_view_t{module.data(), module.size()},
                    to_spdlog(level), spdlog::string_view_t{message.data(), message.size()}});
      target_->flush();
    } catch (const std::exception&) {
      // A full disk must not stop the work that is being told of; the other sink still has the
      // line.
    }
    if (also_) also_->write(level, module, message);
  }

 private:
  std::shared_ptr<spdlog::sinks::sink> target_;
  std::shared_ptr<LogSink> also_;
};

/// Appends to one descriptor; spdlog's own file sink can set neither mode nor O_CLOEXEC.
class AppendSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit AppendSink(const std::string& path)
      : file_{::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640)} {
    if (file_ < 0) {
      throw ExternalError{fmt::format("log file {} cannot be opened: {}", path,
                                      std::generic_category().message(errno)),
                          ExternalError::Retry::no};
    }
  }
  AppendSink(const AppendSink&) = delete;
  AppendSink& operator=(const AppendSink&) = delete;
  ~AppendSink() override { ::close(file_); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    // One write per line keeps lines whole; a short write is a full disk, and the daemon's own log
    // has the line too.
    [[maybe_unused]] const auto written = ::write(file_, line.data(), line.size());
  }
  void flush_() override {}

 private:
  int file_;
};

}  // namespace

std::shared_ptr<LogSink> make_null_sink() {
  return std::make_shared<NullSink>();
}

std::shared_ptr<LogSink> make_stderr_sink() {
  return std::make_shared<SpdlogSink>(std::make_shared<spdlog::sinks::stderr_sink_mt>(), nullptr);
}

std::shared_ptr<LogSink> make_file_sink(const std::string& path, std::shared_ptr<LogSink> also) {
  return std::make_shared<SpdlogSink>(std::make_shared<AppendSink>(path), std::move(also));
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
