#pragma once

#include "iib/catalog/fbc_render.hpp"

#include <CLI/CLI.hpp>

namespace iib::cli {

/// `--migrate-level none|bundle-object-to-csv-metadata`.
void add_migrate_level_option(CLI::App& command, catalog::fbc::MigrateLevel& level);

}  // namespace iib::cli
