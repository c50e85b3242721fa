#include "deprecation.hpp"

#include "index_image.hpp"

#include <string>

namespace iib::task {

std::vector<ResolvedBundle> resolve_deprecations(const Context& context) {
  return resolve_bundles(context, context.facts().deprecation_list, "deprecation_list");
}

catalog::Catalog deprecate_bundles(const Context& context, catalog::Catalog catalog,
                                   const std::vector<ResolvedBundle>& deprecations) {
  if (deprecations.empty()) return catalog;
  const auto by_digest = pull_specs_by_digest(context, catalog, "deprecation");
  std::vector<std::string> present;
  for (const auto& bundle : deprecations) {
    const auto found = by_digest.find(bundle.pinned.digest()->text());
    if (found == by_digest.end()) {
      context.log().info("bundle {} of deprecation_list is not in the index", bundle.given);
    } else {
      present.push_back(found->second);
    }
  }
  if (present.empty()) return catalog;
  context.log().info("deprecating {} bundles", present.size());
  return context.catalogs().deprecate(catalog, present, {.allow_package_removal = true},
                                      context.catalog_work("deprecated"));
}

}  // namespace iib::task
