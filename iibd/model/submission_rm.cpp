#include "iib/base/error.hpp"
#include "model/submission_types.hpp"

namespace iib::model {

NewRequest parse_rm(Parameters& body, const Caller& caller) {
  NewRequest request;
  request.type = RequestType::rm;
  request.facts.removed_operators = body.list("operators");
  if (request.facts.removed_operators.empty()) {
    throw UserError{"parameter 'operators' must be a non-empty array of non-empty strings"};
  }
  apply_index_rules(body, {.required = {"operators", "from_index"}, .optional = {}}, caller,
                    request);
  return request;
}

}  // namespace iib::model
