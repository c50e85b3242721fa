#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace iib::test {

/// A process as /proc shows it.
struct Process {
  pid_t pid = 0;
  /// Its arguments, joined by blanks.
  std::string command_line;
  /// Its variables, joined by blanks.
  std::string environment;
};

/// All processes, zombies apart, whose environment began with `variable`=`value`: how a test finds
/// again what a daemon of its own started, directly or not.
[[nodiscard]] std::vector<Process> processes_with(const std::string& variable,
                                                  const std::string& value);

}  // namespace iib::test
