#include "file_based_change.hpp"
#include "fragments.hpp"
#include "index_difference.hpp"
#include "index_image.hpp"
#include "overwriting.hpp"
#include "prepare.hpp"
#include "steps.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace iib::task {
namespace {

namespace fbc = catalog::fbc;

model::Learned learned_of(const Context& context, const std::vector<ResolvedFragment>& fragments) {
  model::Learned learned;
  for (const auto& fragment : fragments) {
    learned.facts.fbc_fragments_resolved.push_back(fragment.image.pinned.text());
  }
  if (context.facts().single_fragment_form) {
    learned.facts.fbc_fragment_resolved = learned.facts.fbc_fragments_resolved.front();
  }
  return learned;
}

/// `from` with the packages of `fragments`, told fragment by fragment.
catalog::Catalog take_fragments(Context& context, const catalog::Catalog& from,
                                const std::vector<fbc::Fragment>& fragments) {
  const auto begin = [&](std::size_t i) {
    context.enter_state(fmt::format("Adding the packages of fragment {} of {}: {}", i + 1,
                                    fragments.size(),
                                    fmt::join(fbc::packages_of(fragments[i]), ", ")));
  };
  return fbc::take_fragments(from, fragments, context.catalogs(), change_options(context, from),
                             context.catalog_work("catalog"), begin);
}

}  // namespace

Outcome run_fbc_operations(Context& context) {
  require_build_tags(context);
  if (auto done = finish_overwriting(context)) return *std::move(done);
  context.enter_state("Resolving the fragments");
  const auto resolved = resolve_fragments(context);
  const auto preparation = prepare(context, {}, learned_of(context, resolved));
  require_file_based(context, preparation);
  context.enter_state(
      fmt::format("Extracting the packages of {} fragments", context.facts().fbc_fragments.size()));
  const auto from = read_from_index(context, preparation);
  const auto fragments = read_fragments(context, resolved);
  const auto before = contents_before(context, from.catalog);
  const auto catalog = take_fragments(context, from.catalog, fragments);
  log_difference(context, before, catalog, from.catalog);
  auto learned = publish(context, preparation, catalog, {.from = &from});
  overwrite_base_index(context, preparation, learned);
  return {.reason = fmt::format("The index image was pushed with the packages of {} fragments",
                                fragments.size()),
          .learned = std::move(learned)};
}

}  // namespace iib::task
