#include "cli/catalog.hpp"
#include "cli/catalog_change.hpp"

#include <memory>
#include <string>
#include <vector>

namespace iib::cli {
namespace {

struct Options {
  ChangeOptions change;
  std::vector<std::string> kept;
};

int prune(const Options& options) {
  return change_catalog(options.change, AbsentDatabase::refused, [&](const ChangeInput& input) {
    return input.engine.prune(input.from.value(), options.kept, input.work);
  });
}

int prune_stranded(const Options& options) {
  return change_catalog(options.change, AbsentDatabase::refused, [](const ChangeInput& input) {
    return input.engine.prune_stranded(input.from.value(), input.work);
  });
}

void set_work(CLI::App& command, CommandLine& line, const std::shared_ptr<Options>& options,
              int (*work)(const Options&)) {
  add_change_options(command, options->change);
  command.callback([&command, &line, options, work] {
    require_change_options(command, options->change);
    line.action = [options, work] {
      return run_command(options->change.format, [&] { return work(*options); });
    };
  });
}

}  // namespace

void add_catalog_prune(CLI::App& group, CommandLine& line) {
  auto& command =
      *group.add_subcommand("prune", "remove all packages but those named from an index database");
  const auto options = std::make_shared<Options>();
  command.add_option("PACKAGE", options->kept, "packages to keep")->type_name("")->required();
  set_work(command, line, options, prune);
}

void add_catalog_prune_stranded(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand("prune-stranded",
                                        "remove bundles that no channel holds from an index "
                                        "database");
  set_work(command, line, std::make_shared<Options>(), prune_stranded);
}

}  // namespace iib::cli
