#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/log.hpp"
#include "iib/store/store.hpp"
#include "iib/task/progress.hpp"
#include "iib/task/task.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace iib::scheduler {

/// Runs one job to its end. UserError and ExternalError become the reason of `failed`; Cancelled
/// after a stop puts the job back.
using RunJob =
    std::function<task::Outcome(const store::ClaimedJob&, task::Progress&, const Cancellation&)>;

/// The log of a request: opened when its job begins.
using OpenLog = std::function<Log(RequestId)>;

/// What the scheduler needs to know.
struct Options {
  /// Queue -> number of workers; 0: its jobs wait for foreign workers.
  std::map<std::string, int> queues;
  /// Who claims: stable over restarts of the same state directory.
  std::string owner;
  /// Deaths of the daemon a job survives (`iib_max_tries`).
  int max_tries = 3;
  std::chrono::seconds lease{60};  ///< How long a claim holds without renewal.
  /// The longest a job may take (`iib_request_timeout`).
  std::chrono::seconds request_timeout{6 * 3600};
};

/// Named queues with a pool of worker threads each. Claims jobs from the store, runs them, and
/// records how they ended.
class Scheduler {
 public:
  /// Recovers what an earlier life of `options.owner` left running, then starts the workers.
  Scheduler(Options options, store::Store& store, RunJob run, OpenLog open_log, Log log);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  /// Like stop().
  ~Scheduler();

  /// Tells the workers that there may be work. Cheap; any thread.
  void wake();
  /// Stops the job of `request`, which has ended in the store already, at its next safe point, and
  /// drops it; its child processes end at once. Nothing happens when it does not run. Cheap; any
  /// thread.
  void cancel(RequestId request);
  /// Takes no new work, stops the running jobs at their next safe point, puts them back into their
  /// queue without counting a try, and joins the workers.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::scheduler
