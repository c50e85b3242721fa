#include "store/submissions.hpp"

#include "store/facts.hpp"
#include "store/idempotency.hpp"
#include "store/jobs.hpp"
#include "store/names.hpp"
#include "store/requests.hpp"
#include "store/sql/requests.hpp"

namespace iib::store {
namespace {

constexpr std::string_view kAccepted = "The request was accepted and waits for a worker";

BatchId add_batch(Connection& connection, const model::NewBatch& batch) {
  auto add = connection.use(sql::kAddBatch);
  add.bind(":annotations", batch.annotations).bind(":base_url", batch.base_url);
  if (!add.step()) throw Error{"internal error: an inserted batch has no id"};
  const BatchId id{add.integer("id")};
  add.run();
  return id;
}

RequestId add_request(Connection& connection, const model::NewRequest& request, BatchId batch,
                      std::optional<std::int64_t> user) {
  const auto id = add_request_row(connection, request.type, user, batch, request.facts);
  store_links(connection, id, request.facts);
  return id;
}

}  // namespace

std::vector<model::Request> submit_batch(Connection& connection, const model::NewBatch& batch,
                                         const Secret& key, Timestamp now, const Outbox& outbox) {
  if (batch.requests.empty()) throw UserError{"a batch needs at least one request"};
  drop_expired_keys(connection, now);
  if (batch.idempotency) {
    const auto known = find_submission(connection, batch.user, *batch.idempotency, now);
    if (known) return as_created(connection, *known, batch);
  }
  const auto batch_id = add_batch(connection, batch);
  const auto user = maybe_name_id(connection, NameKind::user, batch.user);
  std::vector<model::Request> stored;
  stored.reserve(batch.requests.size());
  for (const auto& request : batch.requests) {
    const auto id = add_request(connection, request, batch_id, user);
    add_state(connection, id, model::RequestState::in_progress, kAccepted, now);
    add_job(connection, id, request, key);
    stored.push_back(*load_request(connection, id, Detail::whole_history));
  }
  remember_submission(connection, batch, stored, now);
  outbox.submitted(connection, stored);
  return stored;
}

}  // namespace iib::store
