#include "cli/bundle_argument.hpp"
#include "cli/catalog.hpp"
#include "cli/catalog_form.hpp"
#include "cli/catalog_source.hpp"
#include "cli/choice.hpp"
#include "cli/output.hpp"
#include "iib/base/error.hpp"
#include "iib/catalog/fbc_render.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

struct Options {
  RegistryOptions registries;
  /// Nothing: JSON, and failures for people.
  std::optional<fbc::Format> format;
  fbc::MigrateLevel level = fbc::MigrateLevel::none;
  std::vector<std::string> sources;

  /// How failures are told.
  [[nodiscard]] Format failures() const {
    return format == fbc::Format::json ? Format::json : Format::text;
  }
};

bool is_bundle_directory(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path / "manifests", ignored) &&
         fs::is_directory(path / "metadata", ignored);
}

catalog::BundleSource bundle_of(const BundleArgument& bundle, Workspace& workspace) {
  return fetch_bundles({&bundle, 1}, workspace).front();
}

fbc::RenderSource open(const std::string& source, Workspace& workspace) {
  std::error_code ignored;
  if (fs::exists(source, ignored)) {
    if (!is_bundle_directory(source)) return open_named(source, workspace);
    throw UserError{fmt::format(
        "{0} is the directory of a bundle: write {0}=PULLSPEC, with the pull specification that "
        "its olm.bundle is to have",
        source)};
  }
  const auto bundle = parse_bundle_argument(source);
  if (bundle.directory.empty()) require_image_name(source);
  if (!bundle.directory.empty() || is_bundle_image(source, workspace)) {
    return bundle_of(bundle, workspace);
  }
  return open_image(source, workspace);
}

/// Of what failed in the middle nothing is to be seen.
void print_file(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::vector<char> chunk(256UL << 10U);
  while (file) {
    file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    print({chunk.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (file.eof()) return;
  throw ExternalError{
      fmt::format("{} cannot be read to its end, so the output is not whole", path.string()),
      ExternalError::Retry::no};
}

int render(const Options& options) {
  Workspace workspace{options.registries};
  std::vector<fbc::RenderSource> sources;
  for (const auto& source : options.sources) sources.push_back(open(source, workspace));
  const auto work = workspace.catalog_work();
  const auto path = work.directory / "rendered";
  workspace.console().progress("rendering");
  {
    std::ofstream file{path, std::ios::binary};
    fbc::render(sources, file,
                {.level = options.level, .format = options.format.value_or(fbc::Format::json)},
                work);
    file.close();
    if (!file) {
      throw ExternalError{
          "what is rendered cannot be written to a temporary file: look for free "
          "space in TMPDIR",
          ExternalError::Retry::no};
    }
  }
  workspace.console().clear();
  print_file(path);
  return kDone;
}

void add_format(CLI::App& command, Options& options) {
  using Choice = std::optional<fbc::Format>;
  add_choice_option<Choice>(
      command, "--format", options.format,
      {{"json", Choice{fbc::Format::json}}, {"yaml", Choice{fbc::Format::yaml}}},
      "what the blobs are written in; json by default. If json is asked for, a failure is told "
      "for scripts, too");
}

}  // namespace

void add_catalog_render(CLI::App& group, CommandLine& line) {
  auto& command =
      *group.add_subcommand("render", "write the blobs of bundles and catalogs to standard output");
  const auto options = std::make_shared<Options>();
  add_registry_options(command, options->registries);
  add_format(command, *options);
  add_migrate_level_option(command, options->level);
  command
      .add_option("SOURCE", options->sources,
                  "pull specification of a bundle or index image, DIRECTORY=PULLSPEC for the files "
                  "of a bundle, file of an index database, or directory or file of a file-based "
                  "catalog")
      ->type_name("")
      ->required();
  command.callback([&line, options] {
    line.action = [options] {
      return run_command(options->failures(), [&] { return render(*options); });
    };
  });
}

}  // namespace iib::cli
