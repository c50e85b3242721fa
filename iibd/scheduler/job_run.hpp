#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/log.hpp"
#include "iib/scheduler/scheduler.hpp"
#include "iib/store/store.hpp"
#include "scheduler/step_times.hpp"

namespace iib::scheduler {

/// Runs one claimed job from its first state to its last, whatever happens in between.
class JobRun {
 public:
  JobRun(store::ClaimedJob job, store::Store& store, int max_tries, Log request_log);

  /// Ends when the end is stored: complete, failed, or back in the queue when `cancellation` was
  /// stopped. A job whose request has ended meanwhile is dropped. A store that cannot write is
  /// asked again until `cancellation` is stopped; then the job stays claimed and the next start
  /// recovers it.
  void execute(const RunJob& run, const Cancellation& cancellation);

 private:
  struct End;
  End reach_end(const RunJob& run, const Cancellation& cancellation);
  void tell(const End& end);
  bool store_end(const End& end);

  store::ClaimedJob job_;
  store::Claim claim_;
  store::Store& store_;
  int max_tries_;
  Log log_;
  StepTimes times_;
};

}  // namespace iib::scheduler
