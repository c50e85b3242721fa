#include "running_jobs.hpp"

#include <algorithm>
#include <utility>

namespace iib::scheduler {

RunningJobs::Entry::Entry(RunningJobs& jobs, RequestId request, std::string ordering_key,
                          std::stop_token outer)
    : jobs_{jobs},
      at_{[&] {
        const std::scoped_lock lock{jobs.mutex_};
        return jobs.jobs_.insert(jobs.jobs_.end(), {.request = request,
                                                    .ordering_key = std::move(ordering_key),
                                                    .stop = std::stop_source{}});
      }()},
      passed_on_{std::move(outer), Pass{at_->stop}} {}

RunningJobs::Entry::~Entry() {
  {
    const std::scoped_lock lock{jobs_.mutex_};
    // The callback holds a stop source of its own and may outlive the row.
    jobs_.jobs_.erase(at_);
  }
  jobs_.left_.notify_all();
}

void RunningJobs::Entry::wait_for_key(const Cancellation& cancellation) const {
  std::unique_lock lock{jobs_.mutex_};
  const bool free = jobs_.left_.wait_until(lock, cancellation.stop(), cancellation.deadline(),
                                           [this] { return !jobs_.key_is_taken_before(at_); });
  lock.unlock();
  if (!free) cancellation.check("waiting for a job with the same ordering key");
}

void RunningJobs::cancel(RequestId request) {
  std::stop_source stop{std::nostopstate};
  {
    const std::scoped_lock lock{mutex_};
    const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                    [&](const Job& job) { return job.request == request; });
    if (found == jobs_.end()) return;
    stop = found->stop;
  }
  stop.request_stop();  // not under the lock: it calls whoever waits
}

bool RunningJobs::key_is_taken_before(Jobs::const_iterator entry) const {
  if (entry->ordering_key.empty()) return false;
  return std::any_of(jobs_.begin(), entry,
                     [&](const Job& job) { return job.ordering_key == entry->ordering_key; });
}

}  // namespace iib::scheduler
