#pragma once

#include "iib/base/log_format.hpp"

#include <string>

namespace iib::app {

/// `record` as one JSON object: time, level, module, message, and its fields beside them.
[[nodiscard]] std::string json_line(const LogRecord& record, Timestamp when);

}  // namespace iib::app
