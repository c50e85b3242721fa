#include "cli/catalog.hpp"
#include "cli/catalog_form.hpp"
#include "cli/catalog_source.hpp"
#include "cli/choice.hpp"
#include "cli/new_directory.hpp"
#include "cli/output.hpp"
#include "iib/catalog/fbc_render.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace iib::cli {
namespace {

namespace fbc = catalog::fbc;

struct Options {
  RegistryOptions registries;
  Format format = Format::text;
  fbc::FormOptions form;
  std::string source;
  std::filesystem::path directory;
};

std::string json_of(const Options& options, const std::vector<std::string>& packages) {
  model::JsonWriter json;
  json.begin_object();
  json.member("directory", options.directory.string());
  json.member("packages", packages);
  json.end_object();
  return json.text() + "\n";
}

int migrate(const Options& options) {
  Workspace workspace{options.registries};
  NewDirectory directory{options.directory, Occupied::refused};
  const auto source = open_named(options.source, workspace);
  workspace.console().progress("migrating");
  const auto packages =
      fbc::migrate(source, directory.path(), options.form, workspace.catalog_work());
  directory.keep();
  workspace.console().clear();
  print(options.format == Format::json
            ? json_of(options, packages)
            : fmt::format("{} has {}\n", options.directory.string(),
                          count_of(packages.size(), "package", "packages")));
  return kDone;
}

}  // namespace

void add_catalog_migrate(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand(
      "migrate", "write a catalog as a file-based one, a directory for each package");
  const auto options = std::make_shared<Options>();
  add_registry_options(command, options->registries);
  add_format_option(command, options->format);
  add_migrate_level_option(command, options->form.level);
  add_choice_option<fbc::Format>(command, "--write", options->form.format,
                                 {{"json", fbc::Format::json}, {"yaml", fbc::Format::yaml}},
                                 "what the files are written in; json by default");
  command
      .add_option("SOURCE", options->source,
                  "file of an index database, an index image, or a file-based catalog")
      ->type_name("")
      ->required();
  command.add_option("DIR", options->directory, "the directory to make; absent or empty")
      ->type_name("")
      ->required();
  command.callback([&line, options] {
    line.action = [options] {
      return run_command(options->format, [&] { return migrate(*options); });
    };
  });
}

}  // namespace iib::cli
