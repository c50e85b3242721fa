#include "iib/base/error.hpp"
#include "iib/model/submission.hpp"
#include "model/body.hpp"
#include "model/submission_types.hpp"

#include <fmt/format.h>

namespace iib::model {
namespace {

/// One transaction stores them all and one answer shows them all: more would hold up everybody.
constexpr rapidjson::SizeType kMostRequests = 1000;

std::optional<std::string> read_annotations(const io::JsonValue& body) {
  const auto* annotations = io::find_member(body, "annotations");
  if (annotations == nullptr) return std::nullopt;
  if (!annotations->IsObject()) {
    throw UserError{
        fmt::format("'annotations' must be an object; got {}", io::json_type_name(*annotations))};
  }
  return io::to_json(*annotations);
}

io::JsonValue& elements_of(io::JsonValue& body) {
  auto* elements = Parameters{body}.value("build_requests");
  if (elements == nullptr || !elements->IsArray() || elements->Empty()) {
    throw UserError{"'build_requests' must be a non-empty array of objects"};
  }
  if (elements->Size() > kMostRequests) {
    throw UserError{fmt::format(
        "'build_requests' must have at most {} elements; got {}: submit them as several batches",
        kMostRequests, elements->Size())};
  }
  return *elements;
}

/// What the elements of an add-rm-batch are is told by their parameters.
RequestType type_of(BatchKind kind, const Parameters& element) {
  if (kind == BatchKind::regenerate_bundle) return RequestType::regenerate_bundle;
  if (!element.empty("operators")) return RequestType::rm;
  if (!element.empty("bundles")) return RequestType::add;
  throw UserError{"one of the parameters 'operators' and 'bundles' must be given and not be empty"};
}

NewRequest parse_element(BatchKind kind, io::JsonValue& element, const Caller& caller) {
  if (!element.IsObject()) {
    throw UserError{
        fmt::format("the element must be an object; got {}", io::json_type_name(element))};
  }
  Parameters parameters{element};
  return parse_by_type(type_of(kind, parameters), parameters, caller);
}

}  // namespace

NewBatch parse_batch_submission(BatchKind kind, std::string_view body,
                                const std::optional<std::string>& user,
                                const SubmissionRules& rules) {
  auto document = parse_body(body);
  auto& elements = elements_of(document);
  NewBatch batch;
  batch.user = user;
  batch.annotations = read_annotations(document);
  for (rapidjson::SizeType index = 0; index < elements.Size(); ++index) {
    const auto told = [&](const Error& error) {
      return fmt::format("build_requests[{}]: {}", index, error.what());
    };
    try {
      batch.requests.push_back(parse_element(kind, elements[index], Caller{user, rules}));
    } catch (const Forbidden& error) {
      throw Forbidden{told(error)};
    } catch (const UserError& error) {
      throw UserError{told(error)};
    }
  }
  return batch;
}

}  // namespace iib::model
