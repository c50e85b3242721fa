#include "web/json_body.hpp"

#include "web/api.hpp"

namespace iib::web {
namespace {

/// `application/json` or `application/<something>+json`, with or without parameters.
bool is_json_type(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  constexpr std::string_view kApplication = "application/";
  constexpr std::string_view kSuffix = "+json";
  if (equal_ignoring_case(type, "application/json")) return true;
  return type.size() > kApplication.size() + kSuffix.size() &&
         equal_ignoring_case(type.substr(0, kApplication.size()), kApplication) &&
         equal_ignoring_case(type.substr(type.size() - kSuffix.size()), kSuffix);
}

}  // namespace

void require_json(const HttpRequest& request) {
  const auto types = request.header("Content-Type");
  if (types.size() == 1 && is_json_type(types.front())) return;
  throw Refusal{400, "JSON is expected: send the header 'Content-Type: application/json'"};
}

}  // namespace iib::web
