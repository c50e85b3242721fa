#include "iib/base/error.hpp"
#include "model/submission_types.hpp"

namespace iib::model {
namespace {

constexpr std::string_view kOne = "fbc_fragment";
constexpr std::string_view kMany = "fbc_fragments";

/// Checks 1 and 2: which of the two forms the client uses.
bool uses_single_form(const Parameters& body) {
  const bool one = body.present(kOne) && !body.is_null(kOne);
  const bool many = body.present(kMany) && !body.is_null(kMany);
  if (one && many) {
    throw UserError{
        "parameters 'fbc_fragment' and 'fbc_fragments' were both given; give only one of them"};
  }
  if (one) static_cast<void>(body.text(kOne));
  return one;
}

}  // namespace

NewRequest parse_fbc_operations(Parameters& body, const Caller& caller) {
  NewRequest request;
  request.type = RequestType::fbc_operations;
  auto& facts = request.facts;
  facts.single_fragment_form = uses_single_form(body);
  const auto used = facts.single_fragment_form ? kOne : kMany;
  const auto unused = facts.single_fragment_form ? kMany : kOne;
  check_index_names(body, {.required = {used, "from_index"}, .optional = {unused}});
  facts.fbc_fragments = facts.single_fragment_form
                            ? std::vector<std::string>{body.text(used).value()}
                            : body.list(used);
  read_index_parameters(body, caller, request);
  return request;
}

}  // namespace iib::model
