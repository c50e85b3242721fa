#pragma once

#include "daemon.hpp"
#include "measure.hpp"

#include <filesystem>
#include <string>

namespace iib::bench {

/// What clients ask for, as wrk is told.
struct Load {
  std::string name;
  /// The target, unless the script makes one for each request.
  std::string path;
  /// Lua: how wrk makes its requests.
  std::string script;
};

/// What rounds of one load measured.
struct Rates {
  Sample requests_a_second;
  /// Milliseconds that 99 of 100 answers did not exceed.
  Sample slowest;
  /// Processor time of the daemon for each request, which other work on the machine changes little.
  Sample microseconds;
};

/// One round by `connections` connections of one wrk thread. Throws if any request was answered by
/// anything but 2xx, or by nothing. Gives how many were answered.
long run_load(Rates& rates, const test::Daemon& daemon, const Load& load, int connections);

/// How often a second the disk below `directory` makes a small appended write durable: what one
/// commit after the other is bounded by.
[[nodiscard]] double flushes_a_second(const std::filesystem::path& directory);

}  // namespace iib::bench
