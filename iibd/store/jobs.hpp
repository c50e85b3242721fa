#pragma once

#include "iib/store/store.hpp"
#include "store/connection.hpp"
#include "store/outbox.hpp"

#include <optional>
#include <string_view>

namespace iib::store {

/// The job of a request that is being submitted; its secrets are sealed with `key`.
void add_job(Connection& connection, RequestId request, const model::NewRequest& submitted,
             const Secret& key);

/// Who takes a job, from where, until when, and by which order.
struct Claiming {
  std::string_view queue;
  std::string_view owner;
  Timestamp lease_until;
  QueueOrder order;
};

/// See Store::claim; secrets are opened with `key`.
[[nodiscard]] std::optional<ClaimedJob> claim_job(Connection& connection, const Claiming& claiming,
                                                  const Secret& key);

/// See Store::renew; the number of leases.
int renew_leases(Connection& connection, std::string_view owner, Timestamp lease_until);

/// See Store::holds.
[[nodiscard]] bool holds_claim(Connection& connection, const Claim& claim);

/// See Store::running_claim.
[[nodiscard]] std::optional<std::int64_t> running_claim(Connection& connection, RequestId request);

/// A state and its time, as a job reports it.
struct ReportedState {
  model::RequestState state = model::RequestState::in_progress;
  std::string_view reason;
  Timestamp now;
};

/// Appends a state under the claim, with what was learned and the messages.
Written report_state(Connection& connection, const Claim& claim, const ReportedState& reported,
                     const model::Learned& learned, const Outbox& outbox);

/// See Store::requeue.
Written requeue_job(Connection& connection, const Claim& claim);

/// See Store::recover.
[[nodiscard]] Recovered recover_jobs(Connection& connection, std::string_view owner, int max_tries,
                                     Timestamp now, const Outbox& outbox);

/// See Store::queues_with_work.
[[nodiscard]] std::vector<std::string> queues_with_work(Connection& connection);

}  // namespace iib::store
