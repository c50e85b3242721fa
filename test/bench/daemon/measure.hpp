#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace iib::bench {

/// The same thing measured several times.
class Sample {
 public:
  void add(double value) { values_.push_back(value); }
  [[nodiscard]] double median() const;
  /// `median (lowest to highest)` with `digits` behind the point.
  [[nodiscard]] std::string text(int digits) const;

 private:
  std::vector<double> values_;
};

/// Milliseconds from `since` until now.
[[nodiscard]] double milliseconds_since(std::chrono::steady_clock::time_point since);

/// A line `Vm...` of /proc/<pid>/status, in MB: `VmRSS` is the memory now, `VmHWM` the most so far.
[[nodiscard]] double memory_of(pid_t process, std::string_view line);

/// Seconds of processor time that it used so far, its threads together, those too that have ended.
[[nodiscard]] double processor_seconds_of(pid_t process);

/// The process `name` that this thread started. Throws when there is none.
[[nodiscard]] pid_t child_named(std::string_view name);

/// Runs a shell command; gives its standard output. Throws when it fails.
std::string output_of(const std::string& command);

}  // namespace iib::bench
