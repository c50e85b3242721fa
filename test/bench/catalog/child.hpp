#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace iib::bench {

/// What one call cost.
struct Cost {
  double milliseconds = 0;
  /// Of all threads, in user and kernel.
  double processor_milliseconds = 0;
  /// The most resident memory of the process so far, in MiB.
  double peak_mib = 0;
};

/// Runs `work` in a child process, so that its memory begins small and ends with it, and measures
/// it there. Throws what went wrong as text.
[[nodiscard]] Cost cost_of(const std::function<void()>& work);

/// Runs a program from PATH with its output left out, and measures it. Throws when it fails.
[[nodiscard]] Cost cost_of_program(const std::vector<std::string>& arguments);

/// Processor time of the children that have ended.
[[nodiscard]] double processor_milliseconds_of_children();

/// Writes `path` to disk, or the measured call would write what others left to be written.
void sync_file(const std::filesystem::path& path);

}  // namespace iib::bench
