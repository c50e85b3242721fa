#include "iib/base/error.hpp"
#include "model/submission_types.hpp"

#include <array>

namespace iib::model {
namespace {

constexpr std::array<std::string_view, 10> kNames{
    "source_from_index",      "target_index",
    "binary_image",           "deprecation_list",
    "overwrite_target_index", "overwrite_target_index_token",
    "distribution_scope",     "build_tags",
    "graph_update_mode",      "ignore_bundle_ocp_version"};

void read_graph_mode(const Parameters& body, const Caller& caller, RequestFacts& facts) {
  facts.graph_update_mode = body.filled_text("graph_update_mode");
  if (!facts.graph_update_mode) return;
  check_graph_mode(*facts.graph_update_mode, body.filled_text("target_index"), caller.rules);
}

/// Checks 5 and 6. Unlike other requests', no privilege makes up for a missing token.
void read_target_overwrite(Parameters& body, NewRequest& request) {
  auto& overwrite = request.arguments.overwrite_target_index;
  overwrite = body.flag("overwrite_target_index").value_or(false);
  if (!body.empty("overwrite_target_index_token")) {
    request.secrets.overwrite_token = body.take_secret("overwrite_target_index_token");
  }
  if (request.secrets.overwrite_token && !overwrite) {
    throw UserError{
        "parameter 'overwrite_target_index_token' is allowed only together with "
        "'overwrite_target_index': true"};
  }
  if (!overwrite) return;
  if (!request.secrets.overwrite_token) {
    throw UserError{
        "'overwrite_target_index' needs 'overwrite_target_index_token': give the token of an "
        "account that may push to 'target_index'"};
  }
  if (!request.facts.target_index) return;
  refuse_overwriting_digest("overwrite_target_index", "target_index", *request.facts.target_index);
  request.ordering_key = ordering_key_of(*request.facts.target_index);
}

}  // namespace

NewRequest parse_merge_index_image(Parameters& body, const Caller& caller) {
  NewRequest request;
  request.type = RequestType::merge_index_image;
  auto& facts = request.facts;
  body.check_names({}, kNames);
  facts.deprecation_list = body.list("deprecation_list");
  check_pull_specifications("deprecation_list", facts.deprecation_list);
  facts.source_from_index = body.required_text("source_from_index");
  check_pull_specification("source_from_index", *facts.source_from_index);
  read_graph_mode(body, caller, facts);
  facts.target_index = body.filled_text("target_index");
  if (facts.target_index) check_pull_specification("target_index", *facts.target_index);
  read_target_overwrite(body, request);
  facts.binary_image = read_binary_image(body, caller.rules);
  facts.distribution_scope = read_scope(body);
  facts.build_tags = body.list("build_tags");
  if (!body.empty("ignore_bundle_ocp_version")) {
    facts.ignore_bundle_ocp_version = body.flag("ignore_bundle_ocp_version");
  }
  return request;
}

}  // namespace iib::model
