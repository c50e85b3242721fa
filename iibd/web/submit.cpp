#include "iib/base/secret.hpp"
#include "web/handlers.hpp"
#include "web/json_body.hpp"

#include <memory>

namespace iib::web {
namespace {

model::NewBatch read_batch(const Services& services, const Call& call, model::RequestType type) {
  require_json(call.request);
  model::NewBatch batch;
  batch.user = call.user;
  batch.base_url = call.base_url;
  batch.requests.push_back(
      model::parse_submission(type, call.request.body, call.user, services.options.submission));
  for (auto& request : batch.requests) request.queue = services.hooks.queue_for(call.user, request);
  return batch;
}

/// Writes the document of the one request that was stored.
HttpResponse created(const store::SubmitResult& result, const model::DocumentOptions& options) {
  if (const auto* failure = std::get_if<std::exception_ptr>(&result)) {
    std::rethrow_exception(*failure);
  }
  const auto& requests = std::get<std::vector<model::Request>>(result);
  HttpResponse response;
  response.status = 201;
  response.body = document(requests.at(0), options, model::DocumentDetail::verbose);
  return response;
}

/// The store's writer answers after the commit; no thread of the server waits for that.
Answer submit(const Services& services, const Call& call, model::RequestType type) {
  auto batch = std::make_shared<model::NewBatch>(read_batch(services, call, type));
  const auto options = document_options(services, call.base_url);
  return Begin{[&services, batch, options](const Reply& reply) {
    services.store.submit(
        std::move(*batch), [&services, options, reply](store::SubmitResult result) {
          if (std::holds_alternative<std::vector<model::Request>>(result)) {
            services.hooks.on_submitted();
          }
          const auto kept = std::make_shared<store::SubmitResult>(std::move(result));
          reply([kept, options] { return created(*kept, options); });
        });
  }};
}

}  // namespace

Answer submit_add(const Services& services, const Call& call) {
  return submit(services, call, model::RequestType::add);
}

Answer submit_rm(const Services& services, const Call& call) {
  return submit(services, call, model::RequestType::rm);
}

}  // namespace iib::web
