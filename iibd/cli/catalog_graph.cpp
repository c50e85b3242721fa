#include "cli/catalog.hpp"
#include "cli/catalog_source.hpp"
#include "cli/choice.hpp"
#include "cli/output.hpp"
#include "iib/catalog/graph_drawing.hpp"

#include <memory>
#include <string>

namespace iib::cli {
namespace {

using catalog::GraphFormat;

struct Options {
  SourceOptions source;
  GraphFormat format = GraphFormat::text;
  std::string package;

  /// How failures are told.
  [[nodiscard]] Format failures() const {
    return format == GraphFormat::json ? Format::json : Format::text;
  }
};

int graph(const Options& options) {
  Workspace workspace{options.source.registries};
  const auto source = open_source(options.source, workspace);
  const auto contents = catalog::read_contents(
      source, {.packages = {options.package}, .detail = catalog::Detail::full},
      workspace.cancellation());
  workspace.console().clear();
  print(draw_graph(contents.packages.front(), options.format));
  return kDone;
}

}  // namespace

void add_catalog_graph(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand("graph", "draw the update graph of a package's channels");
  const auto options = std::make_shared<Options>();
  add_source_options(command, options->source);
  add_choice_option<GraphFormat>(
      command, "--format", options->format,
      {{"text", GraphFormat::text},
       {"dot", GraphFormat::dot},
       {"mermaid", GraphFormat::mermaid},
       {"json", GraphFormat::json}},
      "how it is drawn: text (the default) for people, dot for Graphviz, "
      "mermaid for pages that draw it, json for scripts");
  command.add_option("PACKAGE", options->package, "the package")->type_name("")->required();
  command.callback([&command, &line, options] {
    require_source(command, options->source);
    line.action = [options] {
      return run_command(options->failures(), [&] { return graph(*options); });
    };
  });
}

}  // namespace iib::cli
