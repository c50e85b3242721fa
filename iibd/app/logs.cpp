#include "logs.hpp"

#include "log_lines.hpp"

#include <algorithm>

namespace iib::app {
namespace {

std::shared_ptr<LogSink> make_sink(const config::Config& config) {
  switch (config.log_output) {
    case config::LogOutput::json:
      return make_stderr_sink(json_line);
    case config::LogOutput::text:
      if (!config.log_format) return make_stderr_sink();
      return make_stderr_sink(
          [format = *config.log_format](const LogRecord& record, Timestamp when) {
            return format.line(record, when);
          });
  }
  return make_stderr_sink();
}

}  // namespace

Logs::Logs(const config::Config& config) : config_{config}, sink_{make_sink(config)} {
  const auto& names = config.additional_loggers;
  if (std::find(names.begin(), names.end(), config::kSqliteLogger) != names.end()) {
    sqlite_.emplace(Log{sink_, std::string{config::kSqliteLogger}, config.log_level});
  }
}

Log Logs::module(const std::string& name) const {
  return {sink_, name, config_.level_of(name)};
}

Log Logs::request(RequestId id, io::Artifacts& artifacts) const {
  auto daemon = make_filter_sink(config_.level_of("task"), sink_);
  return {artifacts.open_log(id, std::move(daemon)), fmt::format("request-{}", id.value()),
          config_.request_logs_level};
}

}  // namespace iib::app
