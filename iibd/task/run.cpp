#include "iib/base/error.hpp"
#include "steps.hpp"

#include <fmt/format.h>

namespace iib::task {

Outcome run(const Job& job, const Environment& environment, Progress& progress,
            const Cancellation& cancellation) {
  switch (job.request.type) {
    case model::RequestType::add: {
      refuse_unsupported(job);
      Context context{job, environment, progress, cancellation};
      return run_add(context);
    }
    case model::RequestType::rm: {
      refuse_unsupported(job);
      Context context{job, environment, progress, cancellation};
      return run_rm(context);
    }
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
