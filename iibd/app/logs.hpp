#pragma once

#include "iib/base/log.hpp"
#include "iib/config/config.hpp"
#include "iib/io/artifacts.hpp"
#include "library_log.hpp"

#include <memory>
#include <optional>
#include <string>

namespace iib::app {

/// The daemon's own log, and who may speak how loudly in it.
class Logs {
 public:
  /// Made before the store: a library's log is taken at its first use.
  explicit Logs(const config::Config& config);

  /// The voice of a module, at its configured level.
  [[nodiscard]] Log module(const std::string& name) const;
  /// The log of a request: a file of its own, and the daemon's log for what that one shows.
  [[nodiscard]] Log request(RequestId id, io::Artifacts& artifacts) const;

 private:
  const config::Config& config_;
  std::shared_ptr<LogSink> sink_;
  std::optional<SqliteLog> sqlite_;
};

}  // namespace iib::app
