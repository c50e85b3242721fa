#include "iib/scheduler/scheduler.hpp"

#include "iib/base/error.hpp"
#include "job_run.hpp"
#include "running_jobs.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace iib::scheduler {
namespace {

/// Work that appears without a wake() (another host's jobs ending) is found this much later.
constexpr std::chrono::seconds kLookAgain{5};

/// What ended at the deadline of its request says so: who waited knew only that there was one.
[[noreturn]] void fail_late(const ExternalError& error, std::chrono::seconds limit) {
  throw ExternalError{
      fmt::format("{}; the request took longer than iib_request_timeout ({} s): look at what it "
                  "waited for in its log, or raise iib_request_timeout, then submit it again",
                  error.what(), limit.count()),
      ExternalError::Retry::no};
}

}  // namespace

struct Scheduler::Impl {
  Impl(Options the_options, store::Store& the_store, RunJob run_job, OpenLog open, Log the_log)
      : options{std::move(the_options)},
        store{the_store},
        run{std::move(run_job)},
        open_log{std::move(open)},
        log{std::move(the_log)} {}

  void recover();
  void start();
  void work(std::stop_token stop, const std::string& queue);
  void keep_leases(std::stop_token stop);
  bool run_next(const std::stop_token& stop, const std::string& queue);
  void run_claimed(store::ClaimedJob job, const std::stop_token& stop);
  [[nodiscard]] Log log_of(RequestId request) const;
  void wait_for_work(const std::stop_token& stop, std::uint64_t seen);
  void wake();
  [[nodiscard]] std::uint64_t generation();

  Options options;
  store::Store& store;
  RunJob run;
  OpenLog open_log;
  Log log;

  RunningJobs running;

  std::mutex mutex;
  std::condition_variable_any woken;
  std::uint64_t wakes = 0;            // guarded by mutex
  std::vector<std::jthread> threads;  // last: they end before what they use
};

Scheduler::Scheduler(Options options, store::Store& store, RunJob run, OpenLog open_log, Log log)
    : impl_{std::make_unique<Impl>(std::move(options), store, std::move(run), std::move(open_log),
                                   std::move(log))} {
  impl_->recover();
  impl_->start();
}

Scheduler::~Scheduler() {
  stop();
}

void Scheduler::wake() {
  impl_->wake();
}

void Scheduler::cancel(RequestId request) {
  impl_->running.cancel(request);
  impl_->wake();  // its end may have freed an ordering key
}

void Scheduler::stop() {
  for (auto& thread : impl_->threads) thread.request_stop();
  impl_->threads.clear();  // joins
}

void Scheduler::Impl::recover() {
  const auto recovered = store.recover(options.owner, options.max_tries);
  for (const auto& job : recovered.requeued) {
    log.info("job {} was running when the daemon died and is queued again", job.value());
  }
  for (const auto& request : recovered.failed) {
    log.warning("request {} is failed: the daemon died during it {} times", request.value(),
                options.max_tries);
  }
  for (const auto& queue : store.queues_with_work()) {
    if (!options.queues.contains(queue)) {
      log.warning("jobs wait in queue '{}', which has no workers here: name it in iib_queues",
                  queue);
    }
  }
}

void Scheduler::Impl::start() {
  for (const auto& [queue, workers] : options.queues) {
    for (int worker = 0; worker < workers; ++worker) {
      threads.emplace_back(
          [this, name = queue](std::stop_token stop) { work(std::move(stop), name); });
    }
    log.debug("queue '{}' has {} workers", queue, workers);
  }
  threads.emplace_back([this](std::stop_token stop) { keep_leases(std::move(stop)); });
}

void Scheduler::Impl::work(std::stop_token stop, const std::string& queue) {
  while (!stop.stop_requested()) {
    const auto seen = generation();
    bool worked = false;
    try {
      worked = run_next(stop, queue);
    } catch (const std::exception& error) {
      log.error("queue '{}' cannot take its next job, next attempt in {} s: {}", queue,
                kLookAgain.count(), error.what());
    } catch (...) {
      log.error("queue '{}' met an unknown internal error", queue);
    }
    if (!worked) wait_for_work(stop, seen);
  }
}

bool Scheduler::Impl::run_next(const std::stop_token& stop, const std::string& queue) {
  auto job = store.claim(queue, options.owner, options.lease);
  if (!job) return false;
  const RequestId request = job->request.id;
  log.info("request {} was taken by queue '{}' (claim {})", request.value(), queue, job->claim);
  run_claimed(std::move(*job), stop);
  wake();  // a job that waited for this one's ordering key may run in any queue
  return true;
}

/// The job is entered before its claim is looked at, so that an end from outside is seen either
/// way.
void Scheduler::Impl::run_claimed(store::ClaimedJob job, const std::stop_token& stop) {
  const RequestId request = job.request.id;
  const RunningJobs::Entry entry{running, request, job.ordering_key, stop};
  const RunJob run_alone = [&](const store::ClaimedJob& claimed, task::Progress& progress,
                               const Cancellation& cancellation) {
    try {
      entry.wait_for_key(cancellation);
      if (!store.holds({.job = claimed.id, .request = request, .number = claimed.claim})) {
        throw Cancelled{"its request ended before the job began"};
      }
      return run(claimed, progress, cancellation);
    } catch (const ExternalError& error) {
      if (std::chrono::steady_clock::now() < cancellation.deadline()) throw;
      fail_late(error, options.request_timeout);
    }
  };
  JobRun run_of_job{std::move(job), store, options.max_tries, log_of(request)};
  run_of_job.execute(run_alone, Cancellation{entry.stop()}.within(options.request_timeout));
}

/// A job that is claimed must run to an end, so the lack of a log file cannot stop it.
Log Scheduler::Impl::log_of(RequestId request) const {
  try {
    return open_log(request);
  } catch (const std::exception& error) {
    log.error("request {} has no log of its own, its lines come here: {}", request.value(),
              error.what());
    return log;
  }
}

void Scheduler::Impl::keep_leases(std::stop_token stop) {
  const auto interval = options.lease / 3;
  while (!stop.stop_requested()) {
    try {
      Cancellation{stop}.sleep(interval, "keeping the leases");
      store.renew(options.owner, options.lease);
    } catch (const Cancelled&) {
      return;
    } catch (const std::exception& error) {
      log.error("the leases of running jobs cannot be renewed: {}", error.what());
    } catch (...) {
      log.error("the leases of running jobs cannot be renewed: unknown internal error");
    }
  }
}

void Scheduler::Impl::wait_for_work(const std::stop_token& stop, std::uint64_t seen) {
  std::unique_lock lock{mutex};
  woken.wait_for(lock, stop, kLookAgain, [&] { return wakes != seen; });
}

void Scheduler::Impl::wake() {
  {
    const std::scoped_lock lock{mutex};
    ++wakes;
  }
  woken.notify_all();
}

std::uint64_t Scheduler::Impl::generation() {
  const std::scoped_lock lock{mutex};
  return wakes;
}

}  // namespace iib::scheduler
