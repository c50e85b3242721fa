#include "iib/model/patch.hpp"
#include "iib/model/steps.hpp"
#include "web/handlers.hpp"
#include "web/json_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace iib::web {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Anonymous callers get this far only with login disabled, which switches this off too.
void require_worker(const Services& services, const Call& call) {
  if (!call.user || contains(services.options.workers, *call.user)) return;
  throw model::Forbidden{
      "only workers may change a request: ask the operator of this service to list you in "
      "iib_worker_usernames"};
}

/// A request's own user, privileged users and workers may cancel it; nobody's request anybody, as
/// far as anybody is let in.
void require_right_to_cancel(const Services& services, const Call& call,
                             const model::Request& request) {
  const auto& options = services.options;
  const bool may = call.user == request.user ||
                   (call.user && (contains(options.workers, *call.user) ||
                                  contains(options.submission.privileged_users, *call.user)));
  if (may) return;
  throw model::Forbidden{
      fmt::format("request {} is not yours: its own user, privileged users and workers may cancel "
                  "it",
                  request.id.value())};
}

/// What a handler says of a request whose state is final.
using RefuseFinal = std::function<Refusal(const model::Request&)>;
/// Asks the store for a change.
using Change = std::function<void(std::function<void(store::ChangeResult)>)>;

HttpResponse changed_response(const store::ChangeResult& result, int status,
                              const model::DocumentOptions& options, const RefuseFinal& refuse) {
  if (const auto* failure = std::get_if<std::exception_ptr>(&result)) {
    std::rethrow_exception(*failure);
  }
  const auto& changed = std::get<store::Changed>(result);
  switch (changed.outcome) {
    case store::Changed::Outcome::unknown_request:
      throw NotFound{};
    case store::Changed::Outcome::state_is_final:
      throw refuse(changed.request.value());
    case store::Changed::Outcome::stored:
      break;
  }
  HttpResponse response;
  response.status = status;
  response.body = document(changed.request.value(), options, model::DocumentDetail::verbose);
  return response;
}

/// The store's writer answers after the commit; no thread of the server waits for that.
Answer begin_change(const Services& services, const Call& call, int status, Change change,
                    RefuseFinal refuse) {
  const auto options = document_options(services, call.base_url);
  return Begin{[&services, id = call.id, status, options, change = std::move(change),
                refuse = std::move(refuse)](const Reply& reply) {
    change([&services, id, status, options, refuse, reply](store::ChangeResult result) {
      const auto* changed = std::get_if<store::Changed>(&result);
      if (changed != nullptr && changed->ended) services.hooks.on_ended(id);
      const auto kept = std::make_shared<store::ChangeResult>(std::move(result));
      reply([kept, status, options, refuse] {
        return changed_response(*kept, status, options, refuse);
      });
    });
  }};
}

model::Request find(const Services& services, const Call& call) {
  auto request = services.store.find(call.id);
  if (!request) throw NotFound{};
  return std::move(*request);
}

Refusal keeps_its_state(const model::Request& request) {
  return Refusal{400, fmt::format("request {} is {} and keeps that state: only its state_reason "
                                  "can still be changed, together with the same state",
                                  request.id.value(), to_string(request.history.front().state))};
}

Refusal has_ended(const model::Request& request) {
  return Refusal{409, fmt::format("request {} cannot be cancelled: it is {} already",
                                  request.id.value(), to_string(request.history.front().state))};
}

}  // namespace

Answer patch_build(const Services& services, const Call& call) {
  require_worker(services, call);
  require_json(call.request);
  model::PatchBody body{call.request.body};
  const auto request = find(services, call);
  return begin_change(
      services, call, 200,
      [&store = services.store, id = call.id, patch = body.for_type(request.type)](auto done) {
        store.patch(id, patch, std::move(done));
      },
      keeps_its_state);
}

Answer cancel_build(const Services& services, const Call& call) {
  const auto request = find(services, call);
  require_right_to_cancel(services, call, request);
  auto reason = call.user ? fmt::format("The request was cancelled by {}", *call.user)
                          : std::string{"The request was cancelled by an anonymous user"};
  return begin_change(
      services, call, 202,
      [&store = services.store, id = call.id, reason = std::move(reason)](auto done) {
        store.cancel(id, reason, std::move(done));
      },
      has_ended);
}

Answer show_steps(const Services& services, const Call& call) {
  // First the claim: a job that is claimed between the two reads tells its first state later.
  const auto running = services.store.running_claim(call.id);
  HttpResponse response;
  response.body = steps_document(steps_of(find(services, call), running));
  return response;
}

}  // namespace iib::web
