#pragma once

#include "iib/base/cancellation.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace iib::io {

/// A program to run: an argument vector, never a shell.
struct Program {
  /// Name looked up in PATH, or a path.
  std::string name;
  std::vector<std::string> arguments{};  ///< Without the program's own name; never a shell's.
  /// Set on top of the daemon's own environment.
  std::map<std::string, std::string> environment{};
  /// Empty: the daemon's own.
  std::filesystem::path working_directory{};
  /// The longest it may run.
  std::chrono::seconds limit{300};
  /// Output beyond this is read and dropped (the head of stdout, the tail of stderr are kept).
  std::size_t output_bytes = 8UL << 20U;
};

/// How a program ended.
struct Exit {
  /// The exit status, or -1 when a signal ended it.
  int status = 0;
  /// The signal that ended it, or 0.
  int signal = 0;
  std::string output;  ///< The end of standard output.
  /// Whether `output` is only the beginning.
  bool output_cut = false;
  std::string error_output;  ///< The end of standard error.
};

/// Starts programs from one thread that outlives them all, so that the parent-death signal kills
/// them exactly when the daemon dies. Each gets a process group of its own, recorded in
/// `record_dir` while it lives (file name: group id; content: start time of its leader), so that
/// the next start can end what a dead daemon left. Safe to call from any thread.
class ProgramRunner {
 public:
  /// `record_dir` must exist. Ends groups recorded there by a dead daemon that are still alive with
  /// the recorded start time, and removes the records.
  explicit ProgramRunner(std::filesystem::path record_dir);
  ProgramRunner(const ProgramRunner&) = delete;
  ProgramRunner& operator=(const ProgramRunner&) = delete;
  ~ProgramRunner();

  /// Runs `program` to its end. On cancellation or at its limit the whole group gets SIGTERM, and
  /// SIGKILL 1 s later; then Cancelled or ExternalError is thrown. A program that cannot be started
  /// is an ExternalError naming it and PATH. A bad exit status is an ordinary outcome.
  [[nodiscard]] Exit run(const Program& program, const Cancellation& cancellation);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The absolute path of `name` on PATH, or empty.
[[nodiscard]] std::filesystem::path find_program(const std::string& name);

}  // namespace iib::io
