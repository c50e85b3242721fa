#include "index_difference.hpp"
#include "index_image.hpp"
#include "overwriting.hpp"
#include "prepare.hpp"
#include "steps.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace iib::task {

Outcome run_rm(Context& context) {
  require_build_tags(context);
  if (auto done = finish_overwriting(context)) return *std::move(done);
  const auto preparation = prepare(context, {});
  const auto& operators = context.facts().removed_operators;
  // rm requires from_index, so its preparation has one.
  const auto from = read_from_index(context, preparation);
  const auto before = contents_before(context, from.catalog);
  const auto catalog =
      context.catalogs().remove(from.catalog, operators, context.catalog_work("catalog"));
  log_difference(context, before, catalog, from.catalog);
  auto learned = publish(context, preparation, catalog, {.from = &from});
  overwrite_base_index(context, preparation, learned);
  return {.reason = fmt::format("The index image was pushed without the operators {}",
                                fmt::join(operators, ", ")),
          .learned = std::move(learned)};
}

}  // namespace iib::task
