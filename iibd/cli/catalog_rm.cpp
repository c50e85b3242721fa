#include "cli/catalog.hpp"
#include "cli/catalog_change.hpp"
#include "iib/catalog/problem.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace iib::cli {
namespace {

using catalog::ProblemKind;
using catalog::Refused;

struct Options {
  ChangeOptions change;
  bool permissive = false;
  std::vector<std::string> packages;
};

bool is_about_missing_packages(const Refused& refused) {
  const auto& problems = refused.problems();
  return std::all_of(problems.begin(), problems.end(), [](const auto& problem) {
    return problem.kind == ProblemKind::not_found && !problem.package.empty();
  });
}

catalog::Catalog remove(const Options& options, const ChangeInput& input) {
  auto packages = options.packages;
  try {
    return input.engine.remove(input.from.value(), packages, input.work);
  } catch (const Refused& refused) {
    if (!options.permissive || !is_about_missing_packages(refused)) throw;
    for (const auto& problem : refused.problems()) {
      input.workspace.log().warning("package {} is not in the index and is skipped",
                                    problem.package);
      std::erase(packages, problem.package);
    }
  }
  return input.engine.remove(input.from.value(), packages, input.work);
}

int remove(const Options& options) {
  return change_catalog(options.change, AbsentDatabase::refused,
                        [&](const ChangeInput& input) { return remove(options, input); });
}

}  // namespace

void add_catalog_rm(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand("rm", "remove packages from an index database");
  const auto options = std::make_shared<Options>();
  add_change_options(command, options->change);
  command.add_flag("--permissive", options->permissive,
                   "skip packages that are not there, with a warning");
  command.add_option("PACKAGE", options->packages, "packages to remove")->type_name("")->required();
  command.callback([&command, &line, options] {
    require_change_options(command, options->change);
    line.action = [options] {
      return run_command(options->change.format, [&] { return remove(*options); });
    };
  });
}

}  // namespace iib::cli
