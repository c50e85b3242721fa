#include "cli/catalog.hpp"
#include "cli/catalog_source.hpp"
#include "cli/new_directory.hpp"
#include "cli/output.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/contents.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "iib/io/json.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

/// They hold names and messages.
constexpr std::size_t kMaxBytes = 4UL << 20U;

struct Options {
  Format format = Format::text;
  fs::path directory;
  std::vector<fs::path> files;
  fs::path output;
};

/// Texts by package.
using Texts = std::map<std::string, std::string>;

/// Reads the files, which name their packages themselves.
Texts read_texts(const Options& options) {
  Texts texts;
  for (const auto& file : options.files) {
    try {
      const auto text = read_file(file, kMaxBytes);
      const auto root = io::parse_json(text);
      const std::string package{io::text_member(root, "package").value_or("")};
      if (root.IsObject() && package.empty()) {
        throw UserError{"must have \"package\", the name of a package"};
      }
      fbc::check_deprecations_text(package, text);
      if (texts.emplace(package, text).second) continue;
      throw UserError{fmt::format("is the second one for package {}: give one for each", package)};
    } catch (const UserError& error) {
      throw UserError{fmt::format("{}: {}", file.string(), error.what())};
    }
  }
  return texts;
}

/// Nobody could see deprecations of a package that is not there, and newer releases refuse them.
void require_packages(const catalog::Catalog& from, const Texts& texts, const Cancellation& stop) {
  catalog::Selection selection;
  for (const auto& [package, text] : texts) selection.packages.push_back(package);
  static_cast<void>(catalog::read_contents(from, selection, stop));
}

/// The change tells what is wrong in the files that it writes; here is told what they are in the
/// way of elsewhere, such as deprecations that a package has in a file of its own.
void tell_clashes(const fs::path& root, const Texts& texts, const Workspace& workspace) {
  const auto found = fbc::validate(root, {.cancellation = workspace.cancellation(), .threads = 2});
  const auto written = fbc::ChangeOptions{}.deprecations_directory + "/";
  for (const auto& warning : found.warnings) {
    if (texts.contains(warning.package) && !warning.place.file.starts_with(written)) {
      workspace.log().warning("{}", to_text(warning));
    }
  }
}

std::string told(const Options& options, const Texts& texts) {
  std::vector<std::string> packages;
  for (const auto& [package, text] : texts) packages.push_back(package);
  if (options.format == Format::text) {
    return fmt::format("{}: deprecations of {} written\n", options.output.string(),
                       fmt::join(packages, ", "));
  }
  model::JsonWriter json;
  json.begin_object();
  json.member("directory", options.output.string());
  json.member("packages", packages);
  json.end_object();
  return json.text() + "\n";
}

int deprecate(const Options& options) {
  Workspace workspace;
  NewDirectory output{options.output, Occupied::refused};
  const auto from = open_directory(options.directory);
  const auto texts = read_texts(options);
  require_packages(from, texts, workspace.cancellation());
  workspace.console().progress("validating");
  const auto changed = fbc::with_deprecations(from, texts, {}, workspace.catalog_work());
  tell_clashes(changed.path, texts, workspace);
  copy_directory(changed.path, output.path(), workspace.cancellation());
  output.keep();
  workspace.console().clear();
  print(told(options, texts));
  return kDone;
}

}  // namespace

void add_catalog_deprecate_packages(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand(
      "deprecate-packages",
      "tell in a file-based catalog which packages, channels or bundles are deprecated");
  const auto options = std::make_shared<Options>();
  add_format_option(command, options->format);
  command.add_option("--output", options->output, "the DIRECTORY to make; absent or empty")
      ->type_name("")
      ->required();
  command.add_option("DIR", options->directory, "directory of a file-based catalog")
      ->type_name("")
      ->required();
  command
      .add_option("FILE", options->files,
                  "JSON with an olm.deprecations, for one package; replaces what was told of it")
      ->type_name("")
      ->required();
  command.callback([&line, options] {
    line.action = [options] {
      return run_command(options->format, [&] { return deprecate(*options); });
    };
  });
}

}  // namespace iib::cli
