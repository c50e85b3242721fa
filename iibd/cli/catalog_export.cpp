#include "cli/catalog.hpp"
#include "cli/catalog_source.hpp"
#include "cli/output.hpp"
#include "iib/catalog/package_manifests.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace iib::cli {
namespace {

struct Options {
  SourceOptions source;
  Format format = Format::text;
  std::filesystem::path output;
  std::vector<std::string> packages;
};

std::string json_of(const Options& options, const catalog::Exported& exported) {
  model::JsonWriter json;
  json.begin_object();
  json.member("output", options.output.string());
  json.member("packages", static_cast<std::int64_t>(exported.packages));
  json.member("bundles", static_cast<std::int64_t>(exported.bundles));
  json.member("missing", exported.missing);
  json.end_object();
  return json.text() + "\n";
}

std::string text_of(const Options& options, const catalog::Exported& exported) {
  auto text = fmt::format("{} has {} with {}\n", options.output.string(),
                          count_of(exported.packages, "package", "packages"),
                          count_of(exported.bundles, "bundle", "bundles"));
  Table missing;
  for (const auto& name : exported.missing) {
    missing.add_row({name, "is not in the index; its package.yaml has no channels"});
  }
  return text + missing.text(Style::of_standard_output());
}

int export_to(const Options& options) {
  Workspace workspace{options.source.registries};
  const auto source = open_database(options.source, workspace);
  std::size_t fetched = 0;
  const auto fetch = [&](const std::string& pull_spec, const std::filesystem::path& destination) {
    workspace.console().progress(fmt::format("reading bundle {}: {}", ++fetched, pull_spec));
    const std::vector<std::string> wanted{"manifests"};
    workspace.images().extract(workspace.pin(pull_spec, "bundle"), wanted, destination,
                               workspace.image_access());
  };
  const auto exported = catalog::export_packages(source, options.packages, options.output, fetch,
                                                 workspace.catalog_work());
  workspace.console().clear();
  print(options.format == Format::json ? json_of(options, exported) : text_of(options, exported));
  return kDone;
}

}  // namespace

void add_catalog_export(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand("export", "write packages in the package manifest format");
  const auto options = std::make_shared<Options>();
  add_database_options(command, options->source);
  add_format_option(command, options->format);
  command.add_option("--output", options->output, "the DIRECTORY to make; absent or empty")
      ->required();
  command.add_option("PACKAGE", options->packages, "which packages; all by default");
  command.callback([&command, &line, options] {
    require_database(command, options->source);
    line.action = [options] {
      return run_command(options->format, [&] { return export_to(*options); });
    };
  });
}

}  // namespace iib::cli
