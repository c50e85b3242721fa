#include "iib/base/error.hpp"
#include "model/submission_types.hpp"

namespace iib::model {
namespace {

std::optional<std::string> without_empty(std::optional<std::string> text) {
  return text && text->empty() ? std::nullopt : std::move(text);
}

void read_check_related_images(const Parameters& body, RequestFacts& facts) {
  facts.check_related_images = body.flag("check_related_images");
  if (facts.check_related_images.value_or(false) && facts.bundles.empty()) {
    throw UserError{"'check_related_images': true needs at least one bundle in 'bundles'"};
  }
}

void read_graph_mode(const Parameters& body, const Caller& caller, RequestFacts& facts) {
  facts.graph_update_mode = without_empty(body.text("graph_update_mode"));
  if (!facts.graph_update_mode) return;
  const auto index = body.empty("from_index") ? std::nullopt : body.text("from_index");
  check_graph_mode(*facts.graph_update_mode, index, caller.rules);
}

}  // namespace

NewRequest parse_add(Parameters& body, const Caller& caller) {
  NewRequest request;
  request.type = RequestType::add;
  auto& facts = request.facts;
  facts.bundles = body.list("bundles");
  facts.deprecation_list = body.list("deprecation_list");
  if (facts.bundles.empty() && body.empty("from_index")) {
    throw UserError{
        "parameter 'bundles' must be an array of at least one pull specification when "
        "'from_index' is not given"};
  }
  read_check_related_images(body, facts);
  request.secrets.cnr_token = body.take_secret("cnr_token");
  if (request.secrets.cnr_token && request.secrets.cnr_token->empty()) {
    request.secrets.cnr_token.reset();
  }
  read_graph_mode(body, caller, facts);
  facts.organization = without_empty(body.text("organization"));
  request.arguments.force_backport = body.flag("force_backport").value_or(false);
  const IndexNames names{
      .required = {},
      .optional = {"bundles", "from_index", "organization", "deprecation_list", "graph_update_mode",
                   "check_related_images", "cnr_token", "force_backport"}};
  apply_index_rules(body, names, caller, request);
  return request;
}

}  // namespace iib::model
