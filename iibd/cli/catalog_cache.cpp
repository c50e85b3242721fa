#include "cli/catalog.hpp"
#include "cli/catalog_source.hpp"
#include "cli/new_directory.hpp"
#include "cli/output.hpp"
#include "iib/base/error.hpp"
#include "iib/catalog/fbc_cache.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

namespace iib::cli {
namespace {

namespace fbc = catalog::fbc;

struct Options {
  Format format = Format::text;
  std::filesystem::path directory;
  std::filesystem::path output;
  bool layer_modes = false;
};

enum class Outcome { up_to_date, made, replaced };

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::up_to_date:
      return "up to date";
    case Outcome::made:
      return "made";
    case Outcome::replaced:
      break;
  }
  return "replaced";
}

std::string told(const Options& options, Outcome outcome, const std::string& digest) {
  if (options.format == Format::text) {
    return fmt::format("{}: {}, digest {}\n", options.output.string(), to_string(outcome), digest);
  }
  model::JsonWriter json;
  json.begin_object();
  json.member("directory", options.output.string());
  json.member("written", outcome != Outcome::up_to_date);
  json.member("digest", digest);
  json.end_object();
  return json.text() + "\n";
}

/// What becomes of what is there. Throws UserError when it is no cache, or one beside another that
/// newer releases would take and that would be out of date.
Outcome outcome_for(const Options& options, const fbc::CacheCheck& found) {
  if (found.state == fbc::CacheState::foreign && !found.has_pogreb) {
    throw UserError{fmt::format("{} holds something else than a cache: name a new directory",
                                options.output.string())};
  }
  if (found.has_pogreb) {
    throw UserError{fmt::format(
        "{} holds a cache pogreb.v1, which opm from 1.41 on would take instead: remove it, or name "
        "a new directory",
        options.output.string())};
  }
  if (found.state == fbc::CacheState::absent) return Outcome::made;
  return found.state == fbc::CacheState::stale ? Outcome::replaced : Outcome::up_to_date;
}

int cache(const Options& options) {
  Workspace workspace;
  workspace.console().progress("making the cache");
  const auto root = open_directory(options.directory).path;
  const auto modes = options.layer_modes ? fbc::RootModes{} : fbc::RootModes::of_host(root);
  const auto found = fbc::check_cache(root, options.output, modes, workspace.cancellation());
  const auto outcome = outcome_for(options, found);
  auto digest = found.recorded;
  if (outcome != Outcome::up_to_date) {
    NewDirectory output{options.output, Occupied::replaced};
    const auto made = fbc::write_cache(root, output.path(),
                                       {.modes = modes, .cancellation = workspace.cancellation()});
    for (const auto& warning : made.warnings) workspace.log().warning("{}", to_text(warning));
    output.keep();
    digest = made.digest;
  }
  workspace.console().clear();
  print(told(options, outcome, digest));
  return kDone;
}

}  // namespace

void add_catalog_cache(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand(
      "cache", "make the cache that opm serves a file-based catalog from, or bring it up to date");
  const auto options = std::make_shared<Options>();
  add_format_option(command, options->format);
  command.add_option("--output", options->output, "the DIRECTORY of the cache")
      ->type_name("")
      ->required();
  command.add_flag("--layer-modes", options->layer_modes,
                   "for a catalog whose directories will have the mode 0755 and files 0644, as in "
                   "the images that iibd makes, instead of the modes that they have here");
  command.add_option("DIR", options->directory, "directory of a file-based catalog")
      ->type_name("")
      ->required();
  command.callback([&line, options] {
    line.action = [options] {
      return run_command(options->format, [&] { return cache(*options); });
    };
  });
}

}  // namespace iib::cli
