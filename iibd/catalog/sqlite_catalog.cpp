#include "catalog/sqlite_catalog.hpp"

#include "iib/catalog/problem.hpp"

namespace iib::catalog {

const std::filesystem::path& sqlite_path(const Catalog& catalog) {
  if (catalog.kind == CatalogKind::sqlite) return catalog.path;
  Problem problem;
  problem.kind = ProblemKind::unsupported;
  problem.text = "the index is a file-based catalog, where an index database is needed";
  throw Refused{{std::move(problem)}};
}

}  // namespace iib::catalog
