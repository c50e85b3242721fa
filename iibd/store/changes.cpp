#include "store/changes.hpp"

#include "store/facts.hpp"
#include "store/requests.hpp"

namespace iib::store {
namespace {

Changed outcome(Connection& connection, RequestId id, Changed::Outcome outcome, bool ended) {
  return {.outcome = outcome,
          .request = load_request(connection, id, Detail::whole_history),
          .ended = ended};
}

}  // namespace

Changed patch_request(Connection& connection, RequestId id, const model::Patch& patch,
                      Timestamp now, const Outbox& outbox) {
  const auto latest = latest_state(connection, id);
  if (!latest) return {};
  // What is said already is not said again (rest-api 5.4).
  const auto& wanted = patch.state;
  const bool appends =
      wanted && (wanted->state != latest->state || wanted->reason != latest->reason);
  if (appends && is_final(latest->state) && wanted->state != latest->state) {
    return outcome(connection, id, Changed::Outcome::state_is_final, false);
  }
  store_learned(connection, id, patch.learned);
  if (patch.fbc_fragments_resolved) {
    replace_resolved_fragments(connection, id, *patch.fbc_fragments_resolved);
  }
  if (appends) {
    const auto event = add_state(connection, id, wanted->state, wanted->reason, now);
    outbox.state_appended(connection, id, event);
  }
  return outcome(connection, id, Changed::Outcome::stored,
                 appends && !is_final(latest->state) && is_final(wanted->state));
}

Changed cancel_request(Connection& connection, RequestId id, const std::string& reason,
                       Timestamp now, const Outbox& outbox) {
  const auto latest = latest_state(connection, id);
  if (!latest) return {};
  if (is_final(latest->state)) {
    return outcome(connection, id, Changed::Outcome::state_is_final, false);
  }
  const auto event = add_state(connection, id, model::RequestState::failed, reason, now);
  outbox.state_appended(connection, id, event);
  return outcome(connection, id, Changed::Outcome::stored, true);
}

}  // namespace iib::store
