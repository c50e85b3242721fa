#include "cli/bundle.hpp"
#include "cli/bundle_directory.hpp"
#include "cli/bundle_failure.hpp"
#include "cli/bundle_report.hpp"
#include "iib/base/error.hpp"
#include "iib/bundle/inspection.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <system_error>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  RegistryOptions registries;
  Format format = Format::text;
  std::string bundle;
};

/// Whether no registry can have `bundle`: the pull specification of an image begins with a registry
/// and has a `/` after it.
bool is_path(const std::string& bundle) {
  return bundle.empty() || bundle.front() == '.' || bundle.front() == '/' ||
         bundle.find('/') == std::string::npos || bundle.back() == '/';
}

BundleDirectories open(const std::string& bundle, Workspace& workspace) {
  std::error_code ignored;  // then it is no path, and the registry's answer will tell
  if (fs::exists(bundle, ignored)) return open_bundle_directory(bundle);
  if (is_path(bundle)) {
    throw UserError{
        fmt::format("{} does not exist: name a directory with manifests/ and metadata/, or a "
                    "bundle image with its registry",
                    bundle)};
  }
  return pull_bundle(bundle, workspace);
}

int inspect(const Options& options) {
  Workspace workspace{options.registries, "iibd-bundle-"};
  const auto directories = open(options.bundle, workspace);
  const auto files = bundle::read_bundle(directories.manifests, directories.metadata);
  const auto inspection = bundle::inspect(files);
  workspace.console().clear();
  print(options.format == Format::json ? json_of(inspection) : text_of(inspection));
  return kDone;
}

}  // namespace

void add_bundle_inspect(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand(
      "inspect", "show a bundle: what it provides, its pull specifications, what would be refused");
  const auto options = std::make_shared<Options>();
  add_registry_options(command, options->registries);
  add_format_option(command, options->format);
  command
      .add_option("DIRECTORY|IMAGE", options->bundle,
                  "a directory with manifests/ and metadata/, or the pull specification of a "
                  "bundle image")
      ->type_name("")
      ->required();
  command.callback([&line, options] {
    line.action = [options] {
      return run_bundle_command(options->format, [&] { return inspect(*options); });
    };
  });
}

}  // namespace iib::cli
