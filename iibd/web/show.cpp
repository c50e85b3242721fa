

#include "web/handlers.hpp"

namespace iib::web {

Answer show_build(const Services& services, const Call& call) {
  const auto request = services.store.find(call.id);
  if (!request) throw NotFound{};
  HttpResponse response;
  response.body =
      document(*request, document_options(services, call.base_url), model::DocumentDetail::verbose);
  return response;
}

Answer check_health(const Services& services, const Call&) {
  services.store.ping();
  HttpResponse response;
  response.body = R"({"status":"the database answers"})";
  return response;
}

}  // namespace iib::web
