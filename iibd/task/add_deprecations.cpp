#include "file_based_change.hpp"
#include "index_image.hpp"
#include "overwriting.hpp"
#include "prepare.hpp"
#include "steps.hpp"

#include <fmt/format.h>

namespace iib::task {

Outcome run_add_deprecations(Context& context) {
  const auto& package = context.facts().operator_package.value();
  const auto& text = context.facts().deprecation_schema.value();
  catalog::fbc::check_deprecations_text(package, text);  // before anything is pulled
  require_build_tags(context);
  if (auto done = finish_overwriting(context)) return *std::move(done);
  const auto preparation = prepare(context, {});
  require_file_based(context, preparation);
  context.enter_state("Reading the index");
  const auto from = read_from_index(context, preparation);
  context.enter_state(fmt::format("Adding the deprecations of the package {}", package));
  const auto catalog = catalog::fbc::add_deprecations(from.catalog, package, text,
                                                      change_options(context, from.catalog),
                                                      context.catalog_work("catalog"));
  auto learned = publish(context, preparation, catalog, {.from = &from});
  overwrite_base_index(context, preparation, learned);
  return {.reason = fmt::format("The index image was pushed with the deprecations of {}", package),
          .learned = std::move(learned)};
}

}  // namespace iib::task
