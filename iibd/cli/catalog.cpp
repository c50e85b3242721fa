#include "cli/catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

namespace iib::cli {
namespace {

std::vector<std::string> commands_of(const CLI::App& group) {
  std::vector<std::string> names;
  for (const auto* command : group.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

}  // namespace

void add_catalog(CLI::App& root, CommandLine& line) {
  auto& group = *root.add_subcommand("catalog", "look at and change index databases");
  // Not by require_subcommand(): CLI11 would say of a misspelt command that one is required.
  group.callback([&group] {
    if (!group.get_subcommands().empty()) return;
    refuse_usage(group, fmt::format("name a command: {}", fmt::join(commands_of(group), ", ")));
  });
  add_catalog_add(group, line);
  add_catalog_rm(group, line);
  add_catalog_prune(group, line);
  add_catalog_prune_stranded(group, line);
  add_catalog_deprecate(group, line);
  add_catalog_list(group, line);
  add_catalog_show(group, line);
  add_catalog_graph(group, line);
  add_catalog_diff(group, line);
  add_catalog_validate(group, line);
  add_catalog_export(group, line);
}

}  // namespace iib::cli
