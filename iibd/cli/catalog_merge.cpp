#include "cli/catalog.hpp"
#include "cli/catalog_source.hpp"
#include "cli/change_summary.hpp"
#include "cli/new_directory.hpp"
#include "cli/output.hpp"
#include "iib/base/error.hpp"
#include "iib/catalog/contents.hpp"
#include "iib/catalog/embedded_engine.hpp"
#include "iib/catalog/fbc_changes.hpp"

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
  std::filesystem::path directory;
  std::vector<std::string> fragments;
  std::filesystem::path output;
};

catalog::Catalog open_files(const std::string& name, Workspace& workspace) {
  auto catalog = open_named(name, workspace);
  if (catalog.kind == catalog::CatalogKind::file_based) return catalog;
  throw UserError{fmt::format(
      "{0} is an index database: turn it into a file-based catalog by iibd catalog migrate {0} DIR",
      name)};
}

catalog::Contents contents_of(const catalog::Catalog& catalog, const Workspace& workspace) {
  return catalog::read_contents(catalog, {}, workspace.cancellation());
}

int merge(const Options& options) {
  Workspace workspace{options.registries};
  NewDirectory output{options.output, Occupied::refused};
  const auto from = open_files(options.directory.string(), workspace);
  const auto before = contents_of(from, workspace);
  std::vector<fbc::Fragment> fragments;
  for (const auto& name : options.fragments) {
    fragments.push_back({.name = name, .directory = open_files(name, workspace).path});
  }
  catalog::EmbeddedEngine databases;
  const auto merged = fbc::take_fragments(
      from, fragments, databases, {}, workspace.catalog_work(), [&](std::size_t number) {
        workspace.console().progress("taking " + options.fragments[number]);
      });
  const auto after = contents_of(merged, workspace);
  copy_directory(merged.path, output.path(), workspace.cancellation());
  output.keep();
  workspace.console().clear();
  print(summarize_change(options.format, ChangedThing::directory, options.output.string(), before,
                         after));
  return kDone;
}

}  // namespace

void add_catalog_merge(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand(
      "merge", "take the packages of fragments into a file-based catalog, each as a whole");
  const auto options = std::make_shared<Options>();
  add_registry_options(command, options->registries);
  add_format_option(command, options->format);
  command.add_option("--output", options->output, "the DIRECTORY to make; absent or empty")
      ->type_name("")
      ->required();
  command.add_option("DIR", options->directory, "directory of a file-based catalog, or its image")
      ->type_name("")
      ->required();
  command
      .add_option("FRAGMENT", options->fragments,
                  "directory with a directory for each package, or an image with one; of a package "
                  "in several the last one counts")
      ->type_name("")
      ->required();
  command.callback([&line, options] {
    line.action = [options] {
      return run_command(options->format, [&] { return merge(*options); });
    };
  });
}

}  // namespace iib::cli
