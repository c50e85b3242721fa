#pragma once

#include "iib/base/log.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace iib::web {

/// What the log tells of a request. A dash stands for what is not known.
struct AccessEntry {
  std::string id;
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  std::string method = "-";
  std::string path = "-";
  std::string user = "-";
};

/// Begins the entry of a request whose first byte has come.
[[nodiscard]] AccessEntry begin_entry();

/// The path of a request's target as it was sent, fit for a log: without authority and query, which
/// may hold secrets.
[[nodiscard]] std::string loggable_path(std::string_view target);

/// `text` without anything that could end a line or a field.
[[nodiscard]] std::string loggable(std::string_view text);

/// Writes the one line of an answered request. `whole`: the client has been given all of it.
void log_access(const Log& log, const AccessEntry& entry, int status, std::uintmax_t bytes,
                bool whole);

}  // namespace iib::web
