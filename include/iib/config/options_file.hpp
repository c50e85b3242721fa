#pragma once

#include "iib/config/config.hpp"

#include <filesystem>

namespace iib::config {

/// The options that `file` sets, for tools which need a few of them where no daemon runs: neither
/// the environment nor the host is looked at, paths stay as written, and no option is required.
/// Throws like load() for what is wrong in the file itself.
[[nodiscard]] Config read_options(const std::filesystem::path& file);

}  // namespace iib::config
