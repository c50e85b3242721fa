#include "deprecation.hpp"

#include <map>
#include <string>

namespace iib::task {

std::vector<ResolvedBundle> resolve_deprecations(const Context& context) {
  return resolve_bundles(context, context.facts().deprecation_list, "deprecation_list");
}

catalog::Catalog deprecate_bundles(const Context& context, catalog::Catalog catalog,
                                   const std::vector<ResolvedBundle>& deprecations) {
  if (deprecations.empty()) return catalog;
  std::map<std::string, std::string> by_digest;  // -> the pull specification in the index
  for (const auto& listed : context.catalogs().list(catalog, context.catalog_work("deprecation"))) {
    const auto at = listed.pull_spec.find('@');
    if (at != std::string::npos) by_digest[listed.pull_spec.substr(at + 1)] = listed.pull_spec;
  }
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
