#include "web/handlers.hpp"
#include "web/idempotency.hpp"
#include "web/json_body.hpp"

#include <functional>
#include <memory>

namespace iib::web {
namespace {

/// How what was submitted is written: one request as its document, a batch as an array.
enum class Form { document, array };

/// Writes the requests that were stored, or those of an earlier submission that this one repeats:
/// its links are those of the first answer.
HttpResponse created(const Services& services, const store::SubmitResult& result, Form form) {
  if (const auto* failure = std::get_if<std::exception_ptr>(&result)) {
    std::rethrow_exception(*failure);
  }
  const auto& requests = std::get<std::vector<model::Request>>(result);
  const auto options = document_options(services, requests.at(0).base_url);
  HttpResponse response;
  response.status = 201;
  response.body = form == Form::document
                      ? document(requests.at(0), options, model::DocumentDetail::verbose)
                      : documents(requests, options, model::DocumentDetail::verbose);
  return response;
}

/// The store's writer answers after the commit; no thread of the server waits for that.
Answer store_batch(const Services& services, model::NewBatch read, Form form) {
  const auto batch = std::make_shared<model::NewBatch>(std::move(read));
  return Begin{[&services, batch, form](const Reply& reply) {
    services.store.submit(std::move(*batch), [&services, form, reply](store::SubmitResult result) {
      if (std::holds_alternative<std::vector<model::Request>>(result)) {
        services.hooks.on_submitted();
      }
      const auto kept = std::make_shared<store::SubmitResult>(std::move(result));
      reply([&services, kept, form] { return created(services, *kept, form); });
    });
  }};
}

/// What every POST does (rest-api 3.1), around the `read` that builds the batch from the body.
Answer submit(const Services& services, const Call& call, Form form,
              const std::function<model::NewBatch()>& read) {
  require_json(call.request);
  auto key = read_idempotency_key(services, call);
  auto batch = read();
  batch.user = call.user;
  batch.base_url = call.base_url;
  batch.idempotency = std::move(key);
  for (auto& request : batch.requests) request.queue = services.hooks.queue_for(call.user, request);
  return store_batch(services, std::move(batch), form);
}

Answer submit_one(const Services& services, const Call& call, model::RequestType type) {
  return submit(services, call, Form::document, [&] {
    model::NewBatch batch;
    batch.requests.push_back(
        model::parse_submission(type, call.request.body, call.user, services.options.submission));
    return batch;
  });
}

Answer submit_batch(const Services& services, const Call& call, model::BatchKind kind) {
  return submit(services, call, Form::array, [&] {
    return model::parse_batch_submission(kind, call.request.body, call.user,
                                         services.options.submission);
  });
}

}  // namespace

Answer submit_add(const Services& services, const Call& call) {
  return submit_one(services, call, model::RequestType::add);
}

Answer submit_rm(const Services& services, const Call& call) {
  return submit_one(services, call, model::RequestType::rm);
}

Answer submit_regenerate_bundle(const Services& services, const Call& call) {
  return submit_one(services, call, model::RequestType::regenerate_bundle);
}

Answer submit_regenerate_bundle_batch(const Services& services, const Call& call) {
  return submit_batch(services, call, model::BatchKind::regenerate_bundle);
}

Answer submit_add_rm_batch(const Services& services, const Call& call) {
  return submit_batch(services, call, model::BatchKind::add_rm);
}

Answer submit_merge_index_image(const Services& services, const Call& call) {
  return submit_one(services, call, model::RequestType::merge_index_image);
}

Answer submit_create_empty_index(const Services& services, const Call& call) {
  return submit_one(services, call, model::RequestType::create_empty_index);
}

Answer submit_recursive_related_bundles(const Services& services, const Call& call) {
  return submit_one(services, call, model::RequestType::recursive_related_bundles);
}

Answer submit_fbc_operations(const Services& services, const Call& call) {
  return submit_one(services, call, model::RequestType::fbc_operations);
}

Answer submit_add_deprecations(const Services& services, const Call& call) {
  return submit_one(services, call, model::RequestType::add_deprecations);
}

}  // namespace iib::web
