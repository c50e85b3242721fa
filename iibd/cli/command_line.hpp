#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace iib::cli {

/// Where the chosen subcommand puts its work while the command line is read.
struct CommandLine {
  /// Gives the exit status. Runs after the whole command line was found right.
  std::function<int()> action;
};

inline constexpr int kDone = 0;
/// Refused, or something went wrong; the reason was told.
inline constexpr int kFailed = 1;
inline constexpr int kWrongCommandLine = 2;

/// Ends the reading of the command line: `remedy` tells what to write instead. For callbacks of
/// CLI11, which prints it; the exit status is kWrongCommandLine.
[[noreturn]] inline void refuse_usage(const CLI::App& command, const std::string& remedy) {
  throw CLI::ValidationError{command.get_name(), remedy};
}

/// The group `iibd bundle` (bundle.hpp).
void add_bundle(CLI::App& root, CommandLine& line);

/// The group `iibd catalog` (catalog.hpp).
void add_catalog(CLI::App& root, CommandLine& line);

/// The group `iibd outbox` (outbox.cpp).
void add_outbox(CLI::App& root, CommandLine& line);

/// The group `iibd user` (user.cpp).
void add_user(CLI::App& root, CommandLine& line);

}  // namespace iib::cli
