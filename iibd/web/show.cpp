#include "iib/io/json.hpp"
#include "web/handlers.hpp"

#include <fmt/format.h>

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
  std::string status = "the database answers";
  if (services.hooks.warnings) {
    for (const auto& warning : services.hooks.warnings()) status += "; " + warning;
  }
  HttpResponse response;
  io::JsonDocument document;
  response.body = fmt::format(R"({{"status":{}}})",
                              io::to_json(io::json_text(status, document.GetAllocator())));
  return response;
}

}  // namespace iib::web
