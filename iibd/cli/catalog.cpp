#include "cli/catalog.hpp"

namespace iib::cli {

void add_catalog(CLI::App& root, CommandLine&) {
  auto& group = *root.add_subcommand("catalog", "look at and change index databases");
  group.require_subcommand(1);
}

}  // namespace iib::cli
