#include "iib/base/error.hpp"
#include "overwriting.hpp"
#include "steps.hpp"

#include <fmt/format.h>

namespace iib::task {
namespace {

/// Runs `steps`, and again on the new index when it was to be overwritten and has changed: nothing
/// of the old build is used (pipeline 8).
Outcome run_rebasing(Outcome (*steps)(Context&), const Job& job, const Environment& environment,
                     Progress& progress, const Cancellation& cancellation) {
  Context context{job, environment, progress, cancellation};
  for (int rebased = 0;; ++rebased) {
    try {
      return steps(context);
    } catch (const IndexChanged& changed) {
      const int most = environment.settings.rebase_attempts;
      if (!context.overwrites() || rebased >= most) throw;
      context.log().warning("{}", changed.what());
      context.enter_state(
          fmt::format("The index image {} changed during the build: beginning again on the new one "
                      "({} of {})",
                      *context.facts().from_index, rebased + 1, most));
      context.begin();
    }
  }
}

}  // namespace

Outcome run(const Job& job, const Environment& environment, Progress& progress,
            const Cancellation& cancellation) {
  switch (job.request.type) {
    case model::RequestType::add:
      return run_rebasing(run_add, job, environment, progress, cancellation);
    case model::RequestType::rm:
      return run_rebasing(run_rm, job, environment, progress, cancellation);
    case model::RequestType::regenerate_bundle: {
      Context context{job, environment, progress, cancellation};
      return run_regenerate_bundle(context);
    }
    case model::RequestType::generic:
    case model::RequestType::merge_index_image:
    case model::RequestType::create_empty_index:
    case model::RequestType::recursive_related_bundles:
    case model::RequestType::fbc_operations:
    case model::RequestType::add_deprecations:
      break;
  }
  throw UserError{
      fmt::format("this release cannot do requests of the type {}: nothing was changed; submit "
                  "the request again after an upgrade of this service",
                  model::to_string(job.request.type))};
}

}  // namespace iib::task
