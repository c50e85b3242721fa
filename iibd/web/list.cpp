#include "iib/model/json_writer.hpp"
#include "web/handlers.hpp"
#include "web/list_query.hpp"

#include <fmt/format.h>

namespace iib::web {
namespace {

std::string page_url(const Call& call, const ListQuery& query, std::int64_t page) {
  auto url =
      fmt::format("{}/api/v1/builds?page={}&per_page={}", call.base_url, page, query.per_page);
  for (const auto& [name, value] : query.in_force) {
    url += fmt::format("&{}={}", name, percent_encode(value));
  }
  return url;
}

/// How the page lies among the others (rest-api 6.2).
std::string meta(const Call& call, const ListQuery& query, std::int64_t total, std::int64_t pages) {
  const auto url_if = [&](bool exists, std::int64_t page) {
    return exists ? std::optional{page_url(call, query, page)} : std::nullopt;
  };
  model::JsonWriter json;
  json.begin_object();
  json.member("page", query.page);
  json.member("pages", pages);
  json.member("per_page", query.per_page);
  json.member("total", total);
  json.member("first", page_url(call, query, 1));
  json.member("last", page_url(call, query, pages));
  json.member("next", url_if(query.page < pages, query.page + 1));
  json.member("previous", url_if(query.page > 1, query.page - 1));
  json.end_object();
  return json.text();
}

}  // namespace

Answer list_builds(const Services& services, const Call& call) {
  const auto query = parse_list_query(call.target, services.store, services.options.max_per_page);
  const auto page = services.store.list(
      query.filter, query.page, query.per_page,
      query.verbose ? store::Detail::whole_history : store::Detail::latest_state);
  const auto pages = page.total / query.per_page + (page.total % query.per_page == 0 ? 0 : 1);
  if (query.page > 1 && query.page > pages) throw NotFound{};
  const auto detail =
      query.verbose ? model::DocumentDetail::verbose : model::DocumentDetail::listed;
  HttpResponse response;
  response.body =
      fmt::format(R"({{"items":{},"meta":{}}})",
                  documents(page.items, document_options(services, call.base_url), detail),
                  meta(call, query, page.total, pages));
  return response;
}

}  // namespace iib::web
