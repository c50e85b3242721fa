#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace iib::cli {

/// A subcommand of `root` that only holds commands. Without one it is refused with their names.
CLI::App& add_command_group(CLI::App& root, const std::string& name,
                            const std::string& description);

}  // namespace iib::cli
