#include "job_run.hpp"

#include "iib/base/error.hpp"
#include "iib/base/retry.hpp"

#include <system_error>
#include <utility>

namespace iib::scheduler {
namespace {

/// The longest reason we show (pipeline 2.3).
constexpr std::size_t kReasonBytes = 4096;
/// Between two attempts to store how a job ended: a full disk is not mended faster than this.
constexpr std::chrono::seconds kStoreAgain{2};

/// Cuts at a whole UTF-8 character, or the database would hold text that no client can read.
std::string bounded(std::string reason) {
  if (reason.size() <= kReasonBytes) return reason;
  std::size_t end = kReasonBytes;
  while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0U) == 0x80U) --end;
  reason.resize(end);
  return reason;
}

/// A database that another program holds for a while costs a build no more than that while.
const RetryPolicy kDatabaseBusy{.attempts = 30,
                                .multiplier = std::chrono::seconds{1},
                                .delay = std::chrono::seconds{1},
                                .jitter = std::chrono::seconds{0},
                                .cap = std::chrono::seconds{5}};

/// Stores what a task reports under the job's claim.
class StoreProgress final : public task::Progress {
 public:
  StoreProgress(store::Store& store, const store::Claim& claim, std::string first_note,
                Cancellation cancellation, Log log, StepTimes& times)
      : store_{store},
        claim_{claim},
        first_note_{std::move(first_note)},
        cancellation_{std::move(cancellation)},
        log_{std::move(log)},
        times_{times} {}

  void state(std::string reason, model::Learned learned) override {
    reason += std::exchange(first_note_, {});
    times_.begin(reason);
    must_be_ours([&] { return store_.progress(claim_, bounded(reason), learned); });
  }

  void learn(model::Learned learned) override {
    must_be_ours([&] { return store_.learn(claim_, learned); });
  }

  void confirm_claim() override {
    must_be_ours(
        [&] { return store_.holds(claim_) ? store::Written::done : store::Written::claim_lost; });
  }

  [[nodiscard]] const Log& log() const override { return log_; }

 private:
  template <class Write>
  void must_be_ours(Write write) {
    const auto written = retry(kDatabaseBusy, cancellation_, log_, "storing progress", write);
    if (written == store::Written::done) return;
    throw Cancelled{"the job was taken over or its request has ended"};
  }

  store::Store& store_;
  store::Claim claim_;
  std::string first_note_;
  Cancellation cancellation_;
  Log log_;
  StepTimes& times_;
};

/// What the first state of a repeated job says, so that a state seen twice explains itself.
std::string note_of_repetition(const store::ClaimedJob& job, int max_tries) {
  if (job.tries > 0) {
    return fmt::format(" (began again after the daemon died, try {} of {})", job.tries + 1,
                       max_tries);
  }
  return job.claim > 1 ? " (began again after the daemon was stopped)" : "";
}

}  // namespace

/// How a job ended, ready to be stored.
struct JobRun::End {
  enum class Kind { complete, failed, back_to_queue };
  Kind kind = Kind::failed;
  std::string reason;
  model::Learned learned;
};

JobRun::JobRun(store::ClaimedJob job, store::Store& store, int max_tries, Log request_log)
    : job_{std::move(job)},
      claim_{.job = job_.id, .request = job_.request.id, .number = job_.claim},
      store_{store},
      max_tries_{max_tries},
      log_{std::move(request_log)},
      times_{claim_.request, log_} {}

void JobRun::execute(const RunJob& run, const Cancellation& cancellation) {
  const End end = reach_end(run, cancellation);
  tell(end);
  for (;;) {
    try {
      if (!store_end(end)) {
        log_.info("request {} was ended or taken over by somebody else: this job is dropped",
                  claim_.request.value());
      }
      return;
    } catch (const Error& error) {
      log_.error("the end of request {} cannot be stored, next attempt in {} s: {}",
                 claim_.request.value(), kStoreAgain.count(), error.what());
    }
    try {
      // Without the job's deadline: it bounds the work, not the telling of how it ended.
      Cancellation{cancellation.stop()}.sleep(kStoreAgain, "storing the end of a job");
    } catch (const Cancelled&) {
      return;
    }
  }
}

JobRun::End JobRun::reach_end(const RunJob& run, const Cancellation& cancellation) {
  const auto failed = [](std::string reason) {
    return End{.kind = End::Kind::failed, .reason = std::move(reason), .learned = {}};
  };
  if (job_.secrets_problem) return failed(*job_.secrets_problem);
  try {
    StoreProgress progress{store_,       claim_, note_of_repetition(job_, max_tries_),
                           cancellation, log_,   times_};
    task::Outcome outcome = run(job_, progress, cancellation);
    return End{.kind = End::Kind::complete,
               .reason = std::move(outcome.reason),
               .learned = std::move(outcome.learned)};
  } catch (const Cancelled& cancelled) {
    log_.info("request {} was interrupted: {}", claim_.request.value(), cancelled.what());
    return End{.kind = End::Kind::back_to_queue, .reason = {}, .learned = {}};
  } catch (const Error& error) {
    return failed(error.what());
  } catch (const std::system_error& error) {  // of std::filesystem, mostly: its text has our paths
    log_.error("request {} was failed by the host: {}", claim_.request.value(), error.what());
    return failed(fmt::format(
        "the host of iibd failed during the build: {}; its operator must look at the disk of "
        "iib_state_dir and at the log of request {}",
        error.code().message(), claim_.request.value()));
  } catch (const std::exception& error) {
    log_.error("request {} met an internal error: {}", claim_.request.value(), error.what());
  } catch (...) {
    log_.error("request {} met an internal error of unknown type", claim_.request.value());
  }
  return failed(fmt::format("internal error, see the log of request {}", claim_.request.value()));
}

void JobRun::tell(const End& end) {
  switch (end.kind) {
    case End::Kind::back_to_queue:
      times_.end("interrupted");
      return;
    case End::Kind::complete:
      times_.end("complete");
      times_.finish("complete", end.reason);
      return;
    case End::Kind::failed:
      times_.end("failed");
      times_.finish("failed", end.reason);
      return;
  }
}

bool JobRun::store_end(const End& end) {
  switch (end.kind) {
    case End::Kind::back_to_queue:
      return store_.requeue(claim_) == store::Written::done;
    case End::Kind::complete:
      return store_.finish(claim_, model::RequestState::complete, bounded(end.reason),
                           end.learned) == store::Written::done;
    case End::Kind::failed:
      return store_.finish(claim_, model::RequestState::failed, bounded(end.reason), end.learned) ==
             store::Written::done;
  }
  return false;
}

}  // namespace iib::scheduler
