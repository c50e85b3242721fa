#include "logs.hpp"

namespace iib::app {

Log Logs::module(const std::string& name) const {
  return {sink_, name, config_.level_of(name)};
}

Log Logs::request(RequestId id, io::Artifacts& artifacts) const {
  auto daemon = make_filter_sink(config_.level_of("task"), sink_);
  return {artifacts.open_log(id, std::move(daemon)), fmt::format("request-{}", id.value()),
          config_.request_logs_level};
}

}  // namespace iib::app
