#include "store/jobs.hpp"

#include "iib/model/document.hpp"
#include "store/requests.hpp"
#include "store/seal.hpp"
#include "store/sql/jobs.hpp"

#include <fmt/format.h>

namespace iib::store {
namespace {

Use& bind_claim(Use& use, const Claim& claim) {
  return use.bind(":job", claim.job.value())
      .bind(":request", claim.request.value())
      .bind(":claim", claim.number);
}

Written written(bool any_row) {
  return any_row ? Written::done : Written::claim_lost;
}

/// What a claim read from the job's row.
struct ClaimedRow {
  ClaimedJob job;
  RequestId request;
  std::optional<std::string> sealed;
};

bool in_turn(const Claiming& claiming) {
  return claiming.order == QueueOrder::users_in_turn;
}

std::optional<ClaimedRow> take_next(Connection& connection, const Claiming& claiming) {
  auto claim = connection.use(sql::kClaimJob);
  claim.bind(":queue", claiming.queue)
      .bind(":in_turn", in_turn(claiming) ? 1 : 0)
      .bind(":owner", claiming.owner)
      .bind(":lease_until", claiming.lease_until.time_since_epoch().count());
  if (!claim.step()) return std::nullopt;
  ClaimedRow row;
  row.job.id = JobId{claim.integer("id")};
  row.job.queue = claiming.queue;
  row.job.ordering_key = claim.maybe_text("ordering_key").value_or("");
  row.job.claim = claim.integer("claim");
  row.job.tries = static_cast<int>(claim.integer("tries"));
  row.job.arguments = model::job_arguments_from_json(claim.text("arguments"));
  row.request = RequestId{claim.integer("request_id")};
  row.sealed = claim.maybe_text("secrets");
  claim.run();
  return row;
}

void open_secrets(ClaimedJob& job, std::string_view sealed, const Secret& key) {
  const auto text = open_sealed(key, job.request.id, sealed);
  if (text) {
    job.secrets = model::job_secrets_from(*text);
    return;
  }
  job.secrets_problem = fmt::format(
      "the secrets of request {} cannot be opened: the key that sealed them was lost or replaced; "
      "submit the request again",
      job.request.id.value());
}

struct LeftRunning {
  JobId job;
  RequestId request;
  int tries;
};

std::vector<LeftRunning> left_running(Connection& connection, std::string_view owner) {
  auto rows = connection.use(sql::kLeftRunning);
  rows.bind(":owner", owner);
  std::vector<LeftRunning> left;
  while (rows.step()) {
    left.push_back({.job = JobId{rows.integer("id")},
                    .request = RequestId{rows.integer("request_id")},
                    .tries = static_cast<int>(rows.integer("tries"))});
  }
  return left;
}

void change_after_death(Connection& connection, const char* sql, JobId job,
                        std::string_view owner) {
  connection.use(sql).bind(":job", job.value()).bind(":owner", owner).run();
}

}  // namespace

void add_job(Connection& connection, RequestId request, const model::NewRequest& submitted,
             const Secret& key) {
  auto add = connection.use(sql::kAddJob);
  add.bind(":request", request.value())
      .bind(":queue", submitted.queue)
      .bind(":arguments", model::to_json(submitted.arguments));
  if (!submitted.ordering_key.empty()) add.bind(":ordering_key", submitted.ordering_key);
  if (!submitted.secrets.empty()) {
    add.bind_blob(":secrets", seal(key, request, model::to_sealed_text(submitted.secrets)));
  }
  add.run();
}

std::optional<ClaimedJob> claim_job(Connection& connection, const Claiming& claiming,
                                    const Secret& key) {
  auto row = take_next(connection, claiming);
  if (!row) return std::nullopt;
  if (in_turn(claiming)) {
    connection.use(sql::kTakeTurn).bind(":job", row->job.id.value()).run();
  }
  auto request = load_request(connection, row->request, Detail::whole_history);
  if (!request) throw Error{"internal error: a job's request is not there"};
  row->job.request = std::move(*request);
  if (row->sealed) open_secrets(row->job, *row->sealed, key);
  return std::move(row->job);
}

int renew_leases(Connection& connection, std::string_view owner, Timestamp lease_until) {
  return connection.use(sql::kRenewLeases)
      .bind(":lease_until", lease_until.time_since_epoch().count())
      .bind(":owner", owner)
      .run();
}

bool holds_claim(Connection& connection, const Claim& claim) {
  auto held = connection.use(sql::kHoldsClaim);
  return bind_claim(held, claim).step();
}

std::optional<std::int64_t> running_claim(Connection& connection, RequestId request) {
  auto row = connection.use(sql::kRunningClaim);
  row.bind(":request", request.value());
  if (!row.step()) return std::nullopt;
  return row.integer("claim");
}

Written report_state(Connection& connection, const Claim& claim, const ReportedState& reported,
                     const model::Learned& learned, const Outbox& outbox) {
  if (!holds_claim(connection, claim)) return Written::claim_lost;
  store_learned(connection, claim.request, learned);
  EventId event;
  {
    auto add = connection.use(sql::kAddStateOfClaim);
    bind_claim(add, claim)
        .bind(":state", static_cast<int>(reported.state))
        .bind(":reason", reported.reason)
        .bind(":updated", reported.now.time_since_epoch().count());
    if (!add.step()) return Written::claim_lost;
    event = EventId{add.integer("id")};
    add.run();
  }
  outbox.state_appended(connection, claim.request, event);
  return Written::done;
}

Written requeue_job(Connection& connection, const Claim& claim) {
  auto requeue = connection.use(sql::kRequeueJob);
  return written(bind_claim(requeue, claim).run() > 0);
}

Recovered recover_jobs(Connection& connection, std::string_view owner, int max_tries, Timestamp now,
                       const Outbox& outbox) {
  Recovered recovered;
  for (const auto& left : left_running(connection, owner)) {
    const int tries = left.tries + 1;
    if (tries < max_tries) {
      change_after_death(connection, sql::kRequeueAfterDeath, left.job, owner);
      recovered.requeued.push_back(left.job);
      continue;
    }
    change_after_death(connection, sql::kCountTry, left.job, owner);
    const auto reason = fmt::format(
        "the daemon died {} times while it worked on this request, so it is not tried again; look "
        "into the daemon's log for the cause, then submit the request again",
        tries);
    const auto event =
        add_state(connection, left.request, model::RequestState::failed, reason, now);
    outbox.state_appended(connection, left.request, event);
    recovered.failed.push_back(left.request);
  }
  return recovered;
}

std::vector<std::string> queues_with_work(Connection& connection) {
  auto rows = connection.use(sql::kQueuesWithWork);
  std::vector<std::string> queues;
  while (rows.step()) queues.push_back(rows.text("queue"));
  return queues;
}

}  // namespace iib::store
