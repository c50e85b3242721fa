#include "iib/base/error.hpp"
#include "model/submission_types.hpp"

#include <fmt/format.h>

namespace iib::model {
namespace {

/// What other index-image requests have and this one does not, whatever the value (check 4).
void refuse_foreign_names(const Parameters& body) {
  for (const auto* name :
       {"add_arches", "overwrite_from_index", "overwrite_from_index_token", "build_tags"}) {
    if (!body.present(name)) continue;
    throw UserError{fmt::format("parameter '{}' is not allowed for create-empty-index", name)};
  }
}

}  // namespace

NewRequest parse_create_empty_index(Parameters& body, const Caller& caller) {
  NewRequest request;
  request.type = RequestType::create_empty_index;
  static_cast<void>(body.required_text("from_index"));
  if (!body.empty("output_fbc")) request.arguments.output_fbc = body.flag("output_fbc");
  // Null is as good as absent here, but "" and [] are no objects.
  if (!body.is_null("labels")) request.facts.labels = body.text_map("labels");
  refuse_foreign_names(body);
  apply_index_rules(body, {.required = {"from_index"}, .optional = {"labels", "output_fbc"}},
                    caller, request);
  return request;
}

}  // namespace iib::model
