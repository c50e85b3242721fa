#include "bundle_checks.hpp"
#include "deprecation.hpp"
#include "iib/catalog/max_ocp_version.hpp"
#include "index_difference.hpp"
#include "index_image.hpp"
#include "legacy_packages.hpp"
#include "overwriting.hpp"
#include "prepare.hpp"
#include "related_images.hpp"
#include "steps.hpp"
#include "subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace iib::task {
namespace {

/// Leaves out the bundles that the index has already, by pull specification or by digest under
/// another name (pipeline 6.1, S3a).
std::vector<ResolvedBundle> without_present(Context& context, std::vector<ResolvedBundle> bundles,
                                            const catalog::Catalog& from) {
  context.enter_state("Checking which bundles are already in the index");
  const auto present = pull_specs_by_digest(context, from, "list");
  std::erase_if(bundles, [&](const ResolvedBundle& bundle) {
    // Resolved bundles carry a digest, so an equal pull specification has an equal digest.
    if (!present.contains(bundle.pinned.digest()->text())) return false;
    context.log().warning("bundle {} ({}) is already in the index and is not added again",
                          bundle.given, bundle.pinned.text());
    return true;
  });
  return bundles;
}

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

std::string summary(std::size_t asked, std::size_t added) {
  if (added == asked) return fmt::format("The index image was pushed with {} added bundles", added);
  return fmt::format(
      "The index image was pushed; {} of {} bundles were added, the others were in "
      "the index already",
      added, asked);
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

/// `from` with `bundles` (pipeline 6.1, steps 6 and 7).
catalog::Catalog add_bundles(const Context& context, const std::optional<catalog::Catalog>& from,
                             const std::vector<ResolvedBundle>& bundles, Scope scope) {
  const auto sources = fetch(context, bundles);
  auto catalog = context.catalogs().add(from, sources, add_options(context, scope),
                                        context.catalog_work("catalog"));
  if (!context.settings().max_ocp_version_property) return catalog;
  return catalog::declare_max_ocp_version(catalog, sources, context.catalog_work("max-ocp"));
}

/// Everything that bundles must fulfil before the build begins.
void check_bundles(const Context& context, const std::vector<ResolvedBundle>& bundles) {
  require_labels(context, bundles);
  require_related_images(context, bundles);
  require_gate(context, bundles);
}

}  // namespace

Outcome run_add(Context& context) {
  require_build_tags(context);
  if (auto done = finish_overwriting(context)) return *std::move(done);
  context.enter_state("Resolving the bundles");
  auto bundles = resolve_bundles(context, context.facts().bundles);
  const auto deprecations = resolve_deprecations(context);
  check_bundles(context, bundles);
  const auto preparation = prepare(context, bundles);
  const auto legacy = legacy_packages(context, preparation, bundles);
  const auto asked = bundles.size();

  std::optional<catalog::Catalog> from;
  if (preparation.from_index) {
    from = read_catalog(context, preparation);
    bundles = without_present(context, std::move(bundles), *from);
  }
  const auto before = contents_before(context, from);
  auto catalog = add_bundles(context, from, bundles, preparation.delivery.scope);
  catalog = deprecate_bundles(context, std::move(catalog), deprecations);
  log_difference(context, before, catalog);
  auto learned = publish(context, preparation, catalog);
  // The legacy registry is not to get what is not going to be in the index.
  if (context.overwrites() && !legacy.empty()) require_unchanged(context, preparation);
  push_legacy_packages(context, legacy, catalog, learned);
  overwrite_from_index(context, preparation, learned);
  return {.reason = summary(asked, bundles.size()), .learned = std::move(learned)};
}

}  // namespace iib::task
