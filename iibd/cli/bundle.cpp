#include "cli/bundle.hpp"

#include "cli/command_group.hpp"

namespace iib::cli {

void add_bundle(CLI::App& root, CommandLine& line) {
  auto& group = add_command_group(root, "bundle", "look at and regenerate bundles");
  add_bundle_regenerate(group, line);
  add_bundle_inspect(group, line);
}

}  // namespace iib::cli
