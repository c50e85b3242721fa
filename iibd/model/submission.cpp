#include "iib/model/submission.hpp"

#include "iib/io/json.hpp"
#include "model/submission_types.hpp"

#include <fmt/format.h>

namespace iib::model {
namespace {

/// Deep enough for any honest body, and far from what a stack can bear.
constexpr std::size_t kMaxDepth = 64;

io::JsonDocument parse_object(std::string_view body) {
  io::JsonDocument document;
  try {
    document = io::parse_json(body, {.name = "the body", .max_depth = kMaxDepth});
  } catch (const UserError& error) {
    throw UserError{fmt::format("the JSON could not be read: {}", error.what())};
  }
  if (!document.IsObject()) {
    throw UserError{
        fmt::format("the body must be a JSON object; got {}", io::json_type_name(document))};
  }
  return document;
}

NewRequest parse_by_type(RequestType type, Parameters& body, const Caller& caller) {
  switch (type) {
    case RequestType::add:
      return parse_add(body, caller);
    case RequestType::rm:
      return parse_rm(body, caller);
    case RequestType::generic:
    case RequestType::regenerate_bundle:
    case RequestType::merge_index_image:
    case RequestType::create_empty_index:
    case RequestType::recursive_related_bundles:
    case RequestType::fbc_operations:
    case RequestType::add_deprecations:
      break;
  }
  throw UserError{fmt::format("this release takes no requests of type {}", to_string(type))};
}

}  // namespace

NewRequest parse_submission(RequestType type, std::string_view body,
                            const std::optional<std::string>& user, const SubmissionRules& rules) {
  auto document = parse_object(body);
  Parameters parameters{document};
  return parse_by_type(type, parameters, Caller{user, rules});
}

}  // namespace iib::model
