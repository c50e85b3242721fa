#include "bundle_addition.hpp"

#include "file_based_change.hpp"
#include "iib/catalog/max_ocp_version.hpp"
#include "subject.hpp"

#include <fmt/format.h>

#include <string>

namespace iib::task {
namespace {

std::vector<catalog::BundleSource> fetch(const Context& context,
                                         const std::vector<ResolvedBundle>& bundles) {
  const std::vector<std::string> wanted{"manifests", "metadata"};
  std::vector<catalog::BundleSource> sources;
  for (const auto& bundle : bundles) {
    const auto directory = context.make_directory(fmt::format("bundle-{}", sources.size() + 1));
    about("bundle", bundle.given,
          [&] { context.images().extract(bundle.pinned, wanted, directory, context.access()); });
    sources.push_back({.pull_spec = bundle.pinned.text(),
                       .directory = directory,
                       .auth_file = context.auth_file(),
                       .insecure_registries = context.settings().insecure_registries});
  }
  return sources;
}

catalog::UpdateMode update_mode(const model::RequestFacts& facts) {
  const auto& mode = facts.graph_update_mode;
  if (!mode || *mode == "replaces") return catalog::UpdateMode::replaces;
  if (*mode == "semver") return catalog::UpdateMode::semver;
  return catalog::UpdateMode::semver_skippatch;  // the API lets no fourth one through
}

/// The options of the addition to an index of that scope.
catalog::AddOptions add_options(const Context& context, Scope scope) {
  return {.mode = update_mode(context.facts()),
          // Released versions stay what they are; others may still change (pipeline 5.3).
          .overwrite_latest = scope != Scope::prod,
          // Substitutes are allowed, as existing clients expect (catalog-sqlite 8.8).
          .enable_alpha = true};
}

/// `catalog` with the last version of OpenShift for those of its bundles that need it.
catalog::Catalog declare_versions(const Context& context, const catalog::Catalog& catalog,
                                  const std::vector<catalog::BundleSource>& bundles) {
  const auto database = database_of(catalog);
  auto changed =
      catalog::declare_max_ocp_version(database, bundles, context.catalog_work("max-ocp"));
  switch (catalog.kind) {
    case catalog::CatalogKind::sqlite:
      return changed;
    case catalog::CatalogKind::file_based:
      break;
  }
  return catalog::fbc::with_database(catalog, changed.path, change_options(context, catalog),
                                     context.catalog_work("max-ocp-files"));
}

}  // namespace

catalog::Catalog add_bundles(const Context& context, const std::optional<catalog::Catalog>& from,
                             const std::vector<ResolvedBundle>& bundles, Scope scope) {
  const auto sources = fetch(context, bundles);
  auto catalog = context.catalogs().add(from, sources, add_options(context, scope),
                                        context.catalog_work("catalog"));
  if (!context.settings().max_ocp_version_property || sources.empty()) return catalog;
  return declare_versions(context, catalog, sources);
}

}  // namespace iib::task
