#include "cli/catalog.hpp"
#include "cli/catalog_source.hpp"
#include "cli/output.hpp"
#include "iib/catalog/difference.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace iib::cli {
namespace {

/// Nobody reads more; scripts get everything by --format json.
constexpr std::size_t kMostLines = 100'000;

struct Options {
  RegistryOptions registries;
  Format format = Format::text;
  std::string before;
  std::string after;
};

Emphasis emphasis_of(std::string_view line) {
  switch (line.front()) {
    case '+':
      return Emphasis::good;
    case '-':
      return Emphasis::bad;
    case '~':
      return Emphasis::changed;
    default:
      return Emphasis::none;
  }
}

std::string text_of(const catalog::Difference& difference) {
  if (difference.empty()) return "the catalogs do not differ\n";
  const auto style = Style::of_standard_output();
  std::string text;
  for (const auto& line : describe(difference, kMostLines)) {
    text += style.paint(emphasis_of(line), line);
    text += '\n';
  }
  return text;
}

catalog::Contents read(const std::string& name, Workspace& workspace) {
  return catalog::read_contents(open_named(name, workspace),
                                {.packages = {}, .detail = catalog::Detail::full},
                                workspace.cancellation());
}

int diff(const Options& options) {
  Workspace workspace{options.registries};
  const auto before = read(options.before, workspace);
  const auto after = read(options.after, workspace);
  const auto difference = compare(before, after);
  workspace.console().clear();
  print(options.format == Format::json ? to_json(difference) + "\n" : text_of(difference));
  return kDone;
}

}  // namespace

void add_catalog_diff(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand(
      "diff",
      "tell how catalog B differs from catalog A; exit status 0 whether they differ or not");
  const auto options = std::make_shared<Options>();
  add_registry_options(command, options->registries);
  add_format_option(command, options->format);
  command
      .add_option(
          "A", options->before,
          "file of an index database, directory or file of a file-based catalog, or an index image")
      ->type_name("")
      ->required();
  command
      .add_option(
          "B", options->after,
          "file of an index database, directory or file of a file-based catalog, or an index image")
      ->type_name("")
      ->required();
  command.callback([&line, options] {
    line.action = [options] {
      return run_command(options->format, [&] { return diff(*options); });
    };
  });
}

}  // namespace iib::cli
