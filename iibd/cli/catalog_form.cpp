#include "cli/catalog_form.hpp"

#include "cli/choice.hpp"

namespace iib::cli {

void add_migrate_level_option(CLI::App& command, catalog::fbc::MigrateLevel& level) {
  using catalog::fbc::MigrateLevel;
  add_choice_option<MigrateLevel>(
      command, "--migrate-level", level,
      {{"none", MigrateLevel::none},
       {"bundle-object-to-csv-metadata", MigrateLevel::bundle_object_to_csv_metadata}},
      "what becomes of a bundle's manifests: none (the default) keeps them whole, the other the "
      "part that consoles show");
}

}  // namespace iib::cli
