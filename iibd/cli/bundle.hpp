#pragma once

#include "cli/command_line.hpp"

namespace iib::cli {

// `iibd bundle COMMAND`. Each command is a file bundle_COMMAND.cpp with one function below, made as
// those of `iibd catalog` are (catalog.hpp), but for its failures: run_bundle_command().

void add_bundle_regenerate(CLI::App& group, CommandLine& line);
void add_bundle_inspect(CLI::App& group, CommandLine& line);

}  // namespace iib::cli
