#include "cli/bundle_argument.hpp"
#include "cli/catalog.hpp"
#include "cli/catalog_change.hpp"
#include "cli/choice.hpp"
#include "iib/base/error.hpp"

#include <memory>
#include <string>
#include <vector>

namespace iib::cli {
namespace {

using catalog::UpdateMode;

struct Options {
  ChangeOptions change;
  catalog::AddOptions add;
  std::vector<std::string> arguments;
  std::vector<BundleArgument> bundles;
};

int add(const Options& options) {
  return change_catalog(options.change, AbsentDatabase::made, [&](const ChangeInput& input) {
    const auto sources = fetch_bundles(options.bundles, input.workspace);
    input.workspace.console().progress("adding " + count_of(sources.size(), "bundle", "bundles"));
    return input.engine.add(input.from, sources, options.add, input.work);
  });
}

void add_mode_option(CLI::App& command, UpdateMode& mode) {
  add_choice_option<UpdateMode>(command, "--mode", mode,
                                {{"replaces", UpdateMode::replaces},
                                 {"semver", UpdateMode::semver},
                                 {"semver-skippatch", UpdateMode::semver_skippatch}},
                                "how bundles join the update graph: replaces (the default) follows "
                                "what they replace and skip, the others their versions");
}

void read_arguments(const CLI::App& command, Options& options) {
  require_change_options(command, options.change);
  try {
    for (const auto& text : options.arguments) {
      options.bundles.push_back(parse_bundle_argument(text));
    }
  } catch (const UserError& error) {
    refuse_usage(command, error.what());
  }
}

}  // namespace

void add_catalog_add(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand("add", "add bundles to an index database");
  const auto options = std::make_shared<Options>();
  add_change_options(command, options->change);
  add_mode_option(command, options->add.mode);
  command.add_flag("--overwrite-latest", options->add.overwrite_latest,
                   "let a bundle take the place of the channel head that has its name");
  command.add_flag("--enable-alpha", options->add.enable_alpha,
                   "accept bundles that substitute for others (olm.substitutesFor)");
  command
      .add_option("BUNDLE", options->arguments,
                  "pull specification, or DIRECTORY=PULLSPEC: the files of DIRECTORY, recorded "
                  "under PULLSPEC")
      ->type_name("")
      ->required();
  command.callback([&command, &line, options] {
    read_arguments(command, *options);
    line.action = [options] {
      return run_command(options->change.format, [&] { return add(*options); });
    };
  });
}

}  // namespace iib::cli
