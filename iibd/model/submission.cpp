#include "iib/model/submission.hpp"

#include "model/body.hpp"
#include "model/submission_types.hpp"

#include <fmt/format.h>

namespace iib::model {

NewRequest parse_by_type(RequestType type, Parameters& body, const Caller& caller) {
  switch (type) {
    case RequestType::add:
      return parse_add(body, caller);
    case RequestType::rm:
      return parse_rm(body, caller);
    case RequestType::regenerate_bundle:
      return parse_regenerate_bundle(body);
    case RequestType::merge_index_image:
      return parse_merge_index_image(body, caller);
    case RequestType::create_empty_index:
      return parse_create_empty_index(body, caller);
    case RequestType::recursive_related_bundles:
      return parse_recursive_related_bundles(body);
    case RequestType::fbc_operations:
      return parse_fbc_operations(body, caller);
    case RequestType::add_deprecations:
      return parse_add_deprecations(body, caller);
    case RequestType::generic:
      break;
  }
  throw UserError{fmt::format("no request can be of type {}", to_string(type))};
}

NewRequest parse_submission(RequestType type, std::string_view body,
                            const std::optional<std::string>& user, const SubmissionRules& rules) {
  auto document = parse_body(body);
  Parameters parameters{document};
  return parse_by_type(type, parameters, Caller{user, rules});
}

}  // namespace iib::model
