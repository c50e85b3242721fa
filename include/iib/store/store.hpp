#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/error.hpp"
#include "iib/base/log.hpp"
#include "iib/base/secret.hpp"
#include "iib/model/patch.hpp"
#include "iib/model/request.hpp"
#include "iib/store/outbox.hpp"
#include "iib/store/state_change.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iib::store {

/// Which kinds of message wait in the outbox, and for where (rest-api 10). Unset: none of that
/// kind.
struct Destinations {
  std::optional<std::string> build_state;  ///< For changes of a request's state.
  std::optional<std::string> batch_state;  ///< For changes of a batch's state.
};

/// Which of the jobs that may run comes next: the oldest, or the oldest of the user whose last job
/// of that queue started longest ago (`iib_fair_queues`), so that no burst of one user keeps
/// another waiting.
enum class QueueOrder { submission, users_in_turn };

/// What opening needs.
struct Options {
  /// The database file; its folder must exist.
  std::filesystem::path database;
  /// 32 bytes that seal secrets (AES-256-GCM).
  Secret key;
  Destinations destinations;             ///< Which messages are written.
  std::vector<Receiver> receivers = {};  ///< Who gets them besides.
  /// Overrides the base URL of a request in messages (`iib_external_url`); may be empty.
  std::string external_url;
  /// `IIB_REQUEST_DATA_DAYS_TO_LIVE`: message bodies hold expirations.
  std::chrono::days data_lifetime{3};
  /// Whether documents in messages have a `related_bundles` key.
  bool related_bundles_configured = true;
  /// How many connections read at once.
  int readers = 4;
  QueueOrder order = QueueOrder::users_in_turn;  ///< Of all queues.
  /// States have become durable: what follows them may look. Called on the writer thread after the
  /// commit (must not block); empty: nobody follows.
  std::function<void()> on_new_states = {};
};

/// A filter of GET /builds; unset members do not filter (rest-api 6.1).
struct Filter {
  std::optional<model::RequestState> state = {};      ///< The latest state.
  std::optional<BatchId> batch = {};                  ///< The batch submitted in.
  std::optional<model::RequestType> type = {};        ///< The type of request.
  std::optional<std::string> user = {};               ///< The user's name.
  std::optional<std::string> from_index = {};         ///< As submitted, whole.
  std::optional<std::string> from_index_prefix = {};  ///< How it begins.
  std::optional<std::string> index_image = {};        ///< The result, whole.
};

/// How much of a request's history a listing loads.
enum class Detail { latest_state, whole_history };

/// One page of requests, newest id first.
struct Page {
  std::vector<model::Request> items;  ///< At most as many as were asked for.
  /// Matching requests over all pages.
  std::int64_t total = 0;
};

/// A job that a worker may run now.
struct ClaimedJob {
  JobId id;           ///< Of the job, not of its request.
  std::string queue;  ///< The queue that it came from.
  /// Jobs with the same key never run together; empty: no such rule.
  std::string ordering_key;
  /// The fencing token: rises with every claim; every write of the job names it.
  std::int64_t claim = 0;
  /// Claims of this job that ended with the daemon's death.
  int tries = 0;
  model::Request request;         ///< With its whole history.
  model::JobArguments arguments;  ///< As submitted.
  model::JobSecrets secrets;      ///< Opened; empty when they could not be.
  /// Why the secrets could not be opened (key lost); the job must fail with it.
  std::optional<std::string> secrets_problem;
};

/// Names a claim; what a job's writes carry.
struct Claim {
  JobId job;                ///< The job claimed.
  RequestId request;        ///< Its request.
  std::int64_t number = 0;  ///< The fencing token.
};

/// Whether a write still had its claim, and its request was not final.
enum class Written { done, claim_lost };

/// What recovery at start found.
struct Recovered {
  /// Jobs of this owner that were running and are queued again, their try counted.
  std::vector<JobId> requeued;
  /// Requests that failed because their job had used up its tries.
  std::vector<RequestId> failed;
};

/// An idempotency key that was given to another body before; what() is for the client.
class KeyReused : public UserError {
 public:
  using UserError::UserError;
};

/// What a submission's completion gets: the stored requests in order, or why nothing was stored.
using SubmitResult = std::variant<std::vector<model::Request>, std::exception_ptr>;

/// What became of a change that came from outside: a PATCH, a cancellation.
struct Changed {
  /// How it ended.
  enum class Outcome {
    stored,           ///< As it was asked for.
    unknown_request,  ///< There is no such request.
    state_is_final,   ///< The request has ended and keeps its state: nothing was stored.
  };
  Outcome outcome = Outcome::unknown_request;  ///< How it ended.
  /// The request as it is now, with its whole history; unset when it is unknown.
  std::optional<model::Request> request = {};
  /// Whether this change ended the request: whoever runs its job has to stop.
  bool ended = false;
};

/// What a change's completion gets: its outcome, or why nothing was stored.
using ChangeResult = std::variant<Changed, std::exception_ptr>;

/// The daemon's memory: requests, batches, states, jobs, outbox. Every public operation is atomic.
/// Writes run on one writer thread, each in a savepoint, committed together and answered after the
/// commit; reads have connections of their own. Safe to call from any thread. Failures throw
/// ExternalError naming the database file; after one, nothing of that operation is stored.
class Store {
 public:
  /// Opens the database, makes it when absent, upgrades an older one after a backup copy beside it.
  /// Throws UserError for one that is newer than this binary or no database of ours.
  Store(Options options, const Clock& clock, Log log);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  /// Finishes the writes under way.
  ~Store();

  /// Stores requests, batch, first states, jobs and outbox rows in one transaction; `done` is
  /// called on the writer thread after the commit (must not block). A batch whose idempotency key
  /// is known is not stored again: its result is that of the first, as it was created; for another
  /// body it is KeyReused.
  void submit(model::NewBatch batch, std::function<void(SubmitResult)> done);
  /// The same, waiting. Not for HTTP threads.
  [[nodiscard]] std::vector<model::Request> submit(model::NewBatch batch);
  /// A keyed hash of a submission's body: equal for equal bodies, and telling nothing else of them,
  /// for they may hold secrets.
  [[nodiscard]] std::string body_hash(std::string_view body) const;
  /// Throws KeyReused when `user` has given `key` to another body.
  void check_key(const std::optional<std::string>& user, const model::IdempotencyKey& key) const;

  /// One request with its whole history, or nothing.
  [[nodiscard]] std::optional<model::Request> find(RequestId id) const;
  /// Page `number` (1, 2, ...) of `size` requests. A page beyond the last is empty.
  [[nodiscard]] Page list(const Filter& filter, std::int64_t number, std::int64_t size,
                          Detail detail) const;
  /// Whether any image with that pull specification was ever seen, in any role.
  [[nodiscard]] bool image_known(std::string_view pull_spec) const;
  /// Whether any image whose pull specification begins so was ever seen.
  [[nodiscard]] bool image_prefix_known(std::string_view prefix) const;
  /// What changed after `last`, oldest first: at most `most` changes, fewer where their reasons are
  /// long, none only when there are no more. With `of`: the changes of that request alone.
  [[nodiscard]] std::vector<StateChange> changes_after(EventId last, std::size_t most,
                                                       std::optional<RequestId> of = {}) const;
  /// The newest change of a state; 0 when there was none yet.
  [[nodiscard]] EventId latest_event() const;
  /// One trivial query; throws when the database does not answer.
  void ping() const;

  /// Stores what `patch` asks for by the rules of rest-api 5.4 and 5.5, with outbox rows, in one
  /// transaction. `done` is called on the writer thread after the commit (must not block).
  void patch(RequestId id, model::Patch patch, std::function<void(ChangeResult)> done);
  /// The same, waiting. Not for HTTP threads.
  Changed patch(RequestId id, const model::Patch& patch);
  /// Fails a request that has not ended, for `reason`, with outbox rows; its job ends with it.
  /// `done` is called as that of patch().
  void cancel(RequestId id, std::string reason, std::function<void(ChangeResult)> done);
  /// The same, waiting. Not for HTTP threads.
  Changed cancel(RequestId id, const std::string& reason);
  /// The number of the claim under which the request's job runs now, or nothing.
  [[nodiscard]] std::optional<std::int64_t> running_claim(RequestId request) const;

  /// The next job of `queue` (Options::order) that may run: queued, and no older unfinished job has
  /// its ordering key. Claims it for `owner` until now + `lease`.
  [[nodiscard]] std::optional<ClaimedJob> claim(std::string_view queue, std::string_view owner,
                                                std::chrono::seconds lease);
  /// Extends the leases of the claims that `owner` holds.
  void renew(std::string_view owner, std::chrono::seconds lease);
  /// Whether `claim` is still the job's and its request is not final: asked before the final push.
  [[nodiscard]] bool holds(const Claim& claim) const;
  /// Appends a state (in_progress) with what was learned, with outbox rows, in one transaction.
  Written progress(const Claim& claim, std::string reason, model::Learned learned);
  /// Stores facts alone, without a state.
  Written learn(const Claim& claim, model::Learned learned);
  /// Ends request and job: final state, facts, outbox rows; the job's secrets are erased.
  Written finish(const Claim& claim, model::RequestState state, std::string reason,
                 model::Learned learned);
  /// Puts the job back in its place in the queue after an orderly stop; no try is counted.
  Written requeue(const Claim& claim);
  /// At start: jobs that `owner` left running are queued again with their try counted, or failed
  /// when they have been tried `max_tries` times; jobs whose request has ended are dropped.
  Recovered recover(std::string_view owner, int max_tries);
  /// Names of queues that have queued jobs.
  [[nodiscard]] std::vector<std::string> queues_with_work() const;

  /// Where messages of `channel` wait to be sent to.
  [[nodiscard]] std::vector<std::string> destinations_waiting(std::string_view channel) const;
  /// Messages of `channel` that may be sent to `destination` now, oldest first, at most `most`. Of
  /// each request and of each batch it is only the oldest, and what was refused waits for its time:
  /// a message keeps its place until it is settled or set aside, so asking again gives it again.
  [[nodiscard]] std::vector<OutboxMessage> next_messages(std::string_view channel,
                                                         std::string_view destination,
                                                         std::size_t most) const;
  /// These messages have arrived: they go from the outbox, in one transaction.
  void settled(const std::vector<OutboxId>& ids);
  /// These were refused: they are tried again from `next_try` on, or set aside after `most_tries`
  /// refusals, which holds back the later ones of the same subject and nothing else. Gives how many
  /// were set aside.
  int refused(const std::vector<Refusal>& refusals, int most_tries);
  /// How many messages there are, over all channels.
  [[nodiscard]] OutboxCounts outbox_counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::store
