#include "file_based_change.hpp"

namespace iib::task {

catalog::fbc::ChangeOptions change_options(const Context& context,
                                           const catalog::Catalog& catalog) {
  const auto& options = context.settings().file_based;
  return {.level = options.level(catalog.ocp_version),
          .deprecations_directory = options.deprecations_directory,
          .threads = options.threads};
}

catalog::Catalog database_of(const catalog::Catalog& catalog) {
  switch (catalog.kind) {
    case catalog::CatalogKind::sqlite:
      return catalog;
    case catalog::CatalogKind::file_based:
      break;
  }
  return {.kind = catalog::CatalogKind::sqlite,
          .path = catalog.database,
          .ocp_version = catalog.ocp_version};
}

}  // namespace iib::task
