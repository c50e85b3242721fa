#pragma once

#include "iib/config/config.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace iib::cli {

/// The environment of this process.
[[nodiscard]] std::map<std::string, std::string> environment_variables();

/// The configuration that `serve` would have: `file`, or else the usual places, and the
/// environment.
[[nodiscard]] config::Loaded load_config(const std::optional<std::filesystem::path>& file,
                                         config::Mode mode);

/// The option --config of `command`.
void add_config_option(CLI::App& command, std::optional<std::filesystem::path>& file);

}  // namespace iib::cli
