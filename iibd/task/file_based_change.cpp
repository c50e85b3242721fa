#include "file_based_change.hpp"

namespace iib::task {

catalog::fbc::ChangeOptions change_options(const Context& context,
                                           const catalog::Catalog& catalog) {
  return catalog::fbc::change_options(context.settings().file_based, catalog);
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
