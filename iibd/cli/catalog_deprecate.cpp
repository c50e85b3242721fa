#include "cli/catalog.hpp"
#include "cli/catalog_change.hpp"

#include <memory>
#include <string>
#include <vector>

namespace iib::cli {
namespace {

struct Options {
  ChangeOptions change;
  catalog::DeprecateOptions deprecate;
  std::vector<std::string> pull_specs;
};

int deprecate(const Options& options) {
  return change_catalog(options.change, AbsentDatabase::refused, [&](const ChangeInput& input) {
    return input.engine.deprecate(input.from.value(), options.pull_specs, options.deprecate,
                                  input.work);
  });
}

}  // namespace

void add_catalog_deprecate(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand(
      "deprecate", "make bundles the last of their channels and remove what is below them");
  const auto options = std::make_shared<Options>();
  add_change_options(command, options->change);
  command.add_flag("--allow-package-removal", options->deprecate.allow_package_removal,
                   "remove a package when the heads of all its channels are among the bundles");
  command
      .add_option("PULLSPEC", options->pull_specs, "pull specifications as the index records them")
      ->type_name("")
      ->required();
  command.callback([&command, &line, options] {
    require_change_options(command, options->change);
    line.action = [options] {
      return run_command(options->change.format, [&] { return deprecate(*options); });
    };
  });
}

}  // namespace iib::cli
