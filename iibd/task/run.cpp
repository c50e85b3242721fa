#include "iib/base/error.hpp"
#include "overwriting.hpp"
#include "steps.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

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
                      *context.base_index(), rebased + 1, most));
      context.begin();
    }
  }
}

Outcome run_type(const Job& job, const Environment& environment, Progress& progress,
                 const Cancellation& cancellation) {
  switch (job.request.type) {
    case model::RequestType::add:
      return run_rebasing(run_add, job, environment, progress, cancellation);
    case model::RequestType::rm:
      return run_rebasing(run_rm, job, environment, progress, cancellation);
    case model::RequestType::fbc_operations:
      return run_rebasing(run_fbc_operations, job, environment, progress, cancellation);
    case model::RequestType::add_deprecations:
      return run_rebasing(run_add_deprecations, job, environment, progress, cancellation);
    case model::RequestType::merge_index_image:
      return run_rebasing(run_merge_index_image, job, environment, progress, cancellation);
    case model::RequestType::recursive_related_bundles: {
      Context context{job, environment, progress, cancellation};
      return run_recursive_related_bundles(context);
    }
    case model::RequestType::create_empty_index: {
      Context context{job, environment, progress, cancellation};
      return run_create_empty_index(context);
    }
    case model::RequestType::regenerate_bundle: {
      Context context{job, environment, progress, cancellation};
      return run_regenerate_bundle(context);
    }
    case model::RequestType::generic:
      break;
  }
  throw UserError{
      fmt::format("this release cannot do requests of the type {}: nothing was changed; submit "
                  "the request again after an upgrade of this service",
                  model::to_string(job.request.type))};
}

/// Users read it, and where this service keeps its files is nothing for them (pipeline 2.3): the
/// option that names the place stands for it, and its operator finds the file.
std::string without_place(std::string text, const Settings& settings) {
  const auto place = settings.work_root.parent_path().string();
  if (place.size() <= 1) return text;
  constexpr std::string_view kOption = "iib_state_dir";
  for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at)) {
    text.replace(at, place.size(), kOption);
    at += kOption.size();
  }
  return text;
}

}  // namespace

Outcome run(const Job& job, const Environment& environment, Progress& progress,
            const Cancellation& cancellation) {
  try {
    return run_type(job, environment, progress, cancellation);
  } catch (const ExternalError& error) {
    throw ExternalError{
        without_place(error.what(), environment.settings),
        error.worth_retrying() ? ExternalError::Retry::yes : ExternalError::Retry::no};
  } catch (const UserError& error) {
    throw UserError{without_place(error.what(), environment.settings)};
  }
}

}  // namespace iib::task
