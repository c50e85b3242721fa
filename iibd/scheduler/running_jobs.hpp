#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/id.hpp"

#include <condition_variable>
#include <list>
#include <mutex>
#include <stop_token>
#include <string>

namespace iib::scheduler {

/// The jobs that this process runs, so that one can be stopped by its request's number. Safe to use
/// from any thread.
class RunningJobs {
  struct Job {
    RequestId request;
    std::string ordering_key;
    std::stop_source stop;
  };
  using Jobs = std::list<Job>;

 public:
  /// A job that runs, for as long as this lives.
  class Entry {
   public:
    /// `outer` stops it too.
    Entry(RunningJobs& jobs, RequestId request, std::string ordering_key, std::stop_token outer);
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();

    [[nodiscard]] std::stop_token stop() const { return at_->stop.get_token(); }
    /// Waits until no job that was entered before has the same ordering key. To the store a job
    /// that was cancelled is over at once, but its child processes need a moment to end. Throws as
    /// Cancellation::check() does.
    void wait_for_key(const Cancellation& cancellation) const;

   private:
    /// Passes a stop on.
    struct Pass {
      void operator()() { target.request_stop(); }
      std::stop_source target;
    };

    RunningJobs& jobs_;
    Jobs::iterator at_;
    std::stop_callback<Pass> passed_on_;
  };

  /// Stops the job of `request`, if it runs.
  void cancel(RequestId request);

 private:
  [[nodiscard]] bool key_is_taken_before(Jobs::const_iterator entry) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable_any left_;
  Jobs jobs_;  // in the order of entering
};

}  // namespace iib::scheduler
