#include "bundle_addition.hpp"
#include "bundle_checks.hpp"
#include "deprecation.hpp"
#include "index_difference.hpp"
#include "index_image.hpp"
#include "legacy_packages.hpp"
#include "overwriting.hpp"
#include "prepare.hpp"
#include "related_images.hpp"
#include "steps.hpp"

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

std::string summary(std::size_t asked, std::size_t added) {
  if (added == asked) return fmt::format("The index image was pushed with {} added bundles", added);
  return fmt::format(
      "The index image was pushed; {} of {} bundles were added, the others were in "
      "the index already",
      added, asked);
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

  std::optional<ReadIndex> read;
  std::optional<catalog::Catalog> from;
  if (preparation.from_index) {
    read = read_from_index(context, preparation);
    from = read->catalog;
    bundles = without_present(context, std::move(bundles), *from);
  }
  const auto before = contents_before(context, from);
  auto catalog = add_bundles(context, from, bundles, preparation.delivery.scope);
  catalog = deprecate_bundles(context, std::move(catalog), deprecations);
  log_difference(context, before, catalog, from);
  auto learned = publish(context, preparation, catalog, {.from = read ? &*read : nullptr});
  // The legacy registry is not to get what is not going to be in the index.
  if (context.overwrites() && !legacy.empty()) require_unchanged(context, preparation);
  push_legacy_packages(context, legacy, catalog, learned);
  overwrite_base_index(context, preparation, learned);
  return {.reason = summary(asked, bundles.size()), .learned = std::move(learned)};
}

}  // namespace iib::task
