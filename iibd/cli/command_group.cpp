#include "cli/command_group.hpp"

#include "cli/command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

CLI::App& add_command_group(CLI::App& root, const std::string& name,
                            const std::string& description) {
  auto& group = *root.add_subcommand(name, description);
  // Not by require_subcommand(): CLI11 would say of a misspelt command that one is required.
  group.callback([&group] {
    if (!group.get_subcommands().empty()) return;
    refuse_usage(group, fmt::format("name a command: {}", fmt::join(commands_of(group), ", ")));
  });
  return group;
}

}  // namespace iib::cli
