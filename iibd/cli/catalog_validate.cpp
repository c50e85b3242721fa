#include "cli/catalog.hpp"
#include "cli/catalog_findings.hpp"
#include "cli/catalog_source.hpp"
#include "cli/output.hpp"
#include "cli/served_cache.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/fbc.hpp"
#include "iib/catalog/validation.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace iib::cli {
namespace {

using catalog::Problem;

/// Texts of others may be long.
constexpr std::size_t kLongestLine = 4000;

struct Options {
  SourceOptions source;
  Format format = Format::text;
};

std::string json_of(const std::vector<Problem>& problems) {
  model::JsonWriter json;
  json.begin_object();
  json.member("valid", problems.empty());
  json.key("problems");
  json.begin_array();
  for (const auto& problem : problems) {
    json.begin_object();
    json.member("error_kind", catalog::to_string(problem.kind));
    json.member("bundle", problem.bundle);
    json.member("package", problem.package);
    json.member("channel", problem.channel);
    json.member("text", problem.text);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.text() + "\n";
}

std::string text_of(const std::string& source, const std::vector<Problem>& problems) {
  const auto style = Style::of_standard_output();
  if (problems.empty()) {
    return fmt::format("{} {}\n", source, style.paint(Emphasis::good, "is valid"));
  }
  std::string text;
  for (const auto& problem : problems) {
    text += fmt::format(
        "{}  {}\n",
        style.paint(Emphasis::bad, fmt::format("{:<16}", catalog::to_string(problem.kind))),
        one_line(problem.text, kLongestLine));
  }
  text += fmt::format("{} has {}\n", source, count_of(problems.size(), "breach", "breaches"));
  return text;
}

int validate_database(const Options& options, const catalog::Catalog& source,
                      Workspace& workspace) {
  const auto problems = catalog::validate(source, workspace.catalog_work());
  workspace.console().clear();
  print(options.format == Format::json ? json_of(problems)
                                       : text_of(options.source.name(), problems));
  return problems.empty() ? kDone : kFailed;
}

int validate_files(const Options& options, const ServedCatalog& source, Workspace& workspace) {
  auto found = catalog::fbc::validate(source.catalog.path,
                                      {.cancellation = workspace.cancellation(), .threads = 2});
  std::vector<std::string> notes;
  if (!source.cache.empty()) {
    auto cache = look_at_cache(source, workspace.cancellation());
    std::move(cache.problems.begin(), cache.problems.end(), std::back_inserter(found.problems));
    notes = std::move(cache.notes);
  }
  workspace.console().clear();
  print(options.format == Format::json ? findings_json(found, notes)
                                       : findings_text(options.source.name(), found, notes));
  return found.problems.empty() ? kDone : kFailed;
}

int validate(const Options& options) {
  Workspace workspace{options.source.registries};
  const auto source = open_served(options.source, workspace);
  workspace.console().progress("validating");
  switch (source.catalog.kind) {
    case catalog::CatalogKind::sqlite:
      return validate_database(options, source.catalog, workspace);
    case catalog::CatalogKind::file_based:
      break;
  }
  return validate_files(options, source, workspace);
}

}  // namespace

void add_catalog_validate(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand("validate", "look for breaches of the rules of an index");
  const auto options = std::make_shared<Options>();
  add_source_options(command, options->source);
  add_format_option(command, options->format);
  command.callback([&command, &line, options] {
    require_source(command, options->source);
    line.action = [options] {
      return run_command(options->format, [&] { return validate(*options); });
    };
  });
}

}  // namespace iib::cli
