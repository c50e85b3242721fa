#include "iib/base/error.hpp"
#include "iib/io/json.hpp"
#include "model/submission_types.hpp"

#include <fmt/format.h>

namespace iib::model {
namespace {

/// Stored and returned as it came: only that it is JSON matters here, not which value.
std::string read_schema(const Parameters& body) {
  auto text = body.required_text("deprecation_schema");
  try {
    static_cast<void>(io::parse_json(text, {.name = "its text"}));
  } catch (const UserError& error) {
    throw UserError{fmt::format(
        "parameter 'deprecation_schema' must be a string that contains JSON: {}", error.what())};
  }
  return text;
}

}  // namespace

NewRequest parse_add_deprecations(Parameters& body, const Caller& caller) {
  NewRequest request;
  request.type = RequestType::add_deprecations;
  request.facts.operator_package = body.required_text("operator_package");
  request.facts.deprecation_schema = read_schema(body);
  apply_index_rules(
      body, {.required = {"operator_package", "deprecation_schema", "from_index"}, .optional = {}},
      caller, request);
  return request;
}

}  // namespace iib::model
