#include "iib/catalog/contents.hpp"

#include "catalog/sqlite_contents.hpp"
#include "catalog/working_copy.hpp"
#include "iib/catalog/problem.hpp"

#include <algorithm>

namespace iib::catalog {

const BundleSummary* PackageContents::find_bundle(std::string_view bundle) const {
  const auto found = std::lower_bound(
      bundles.begin(), bundles.end(), bundle,
      [](const BundleSummary& each, std::string_view wanted) { return each.name < wanted; });
  return found != bundles.end() && found->name == bundle ? &*found : nullptr;
}

Contents read_contents(const Catalog& catalog, const Selection& selection,
                       const Cancellation& cancellation) {
  if (catalog.kind != CatalogKind::sqlite) {
    throw Refused{{{.kind = ProblemKind::unsupported,
                    .bundle = {},
                    .pull_spec = {},
                    .package = {},
                    .channel = {},
                    .text = "the index is a file-based catalog: this release cannot read those"}}};
  }
  cancellation.check("reading the catalog");
  Contents contents;
  translate_sqlite_errors(catalog.path, [&] {
    auto database = open_for_reading(catalog.path);
    contents = read_sqlite_contents(database, selection, cancellation);
  });
  return contents;
}

}  // namespace iib::catalog
