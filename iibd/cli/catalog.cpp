#include "cli/catalog.hpp"

#include "cli/command_group.hpp"

namespace iib::cli {

void add_catalog(CLI::App& root, CommandLine& line) {
  auto& group = add_command_group(root, "catalog", "look at, change and make catalogs");
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
  add_catalog_render(group, line);
  add_catalog_migrate(group, line);
  add_catalog_merge(group, line);
  add_catalog_cache(group, line);
  add_catalog_deprecate_packages(group, line);
}

}  // namespace iib::cli
