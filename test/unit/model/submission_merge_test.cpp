#include "submission_support.hpp"

// merge-index-image (rest-api 3.7).

namespace iib::model::test {
namespace {

NewRequest merge(const std::string& body, const std::optional<std::string>& user = kUser,
                 const SubmissionRules& settings = rules()) {
  return parse_submission(RequestType::merge_index_image, body, user, settings);
}

std::string merge_with(const std::string& more) {
  return with(R"({"source_from_index": "r/s:1", "binary_image": "r/o:1"})", more);
}

}  // namespace

TEST_CASE("a full merge is read into the request, its arguments and its secret",
          "[model][submission]") {
  const auto request = merge(R"({
    "source_from_index": "r/s:1", "target_index": "r:5000/ns/index:v2", "binary_image": "r/o:1",
    "deprecation_list": ["r/d@1", "r/d@2", "r/d@1"], "overwrite_target_index": true,
    "overwrite_target_index_token": "u:hunter2", "distribution_scope": "PROD",
    "build_tags": ["b", "a", "b"], "graph_update_mode": "semver",
    "ignore_bundle_ocp_version": false})");

  const auto& facts = request.facts;
  CHECK(request.type == RequestType::merge_index_image);
  CHECK(facts.source_from_index == "r/s:1");
  CHECK(facts.target_index == "r:5000/ns/index:v2");
  CHECK_FALSE(facts.from_index.has_value());
  CHECK(facts.binary_image == "r/o:1");
  CHECK(facts.deprecation_list == std::vector<std::string>{"r/d@1", "r/d@2"});
  CHECK(facts.distribution_scope == "prod");
  CHECK(facts.build_tags == std::vector<std::string>{"b", "a"});
  CHECK(facts.graph_update_mode == "semver");
  CHECK(facts.ignore_bundle_ocp_version == false);
  CHECK(request.arguments.overwrite_target_index);
  CHECK_FALSE(request.arguments.overwrite_from_index);
  CHECK(request.secrets.overwrite_token->reveal() == "u:hunter2");
  CHECK(request.ordering_key == "r:5000/ns/index:v2");
}

TEST_CASE("empty parameters of a merge act as absent where null is allowed",
          "[model][submission]") {
  const auto request = merge(merge_with(R"("target_index": null, "graph_update_mode": "",
    "overwrite_target_index_token": "", "distribution_scope": null, "deprecation_list": [],
    "build_tags": [], "ignore_bundle_ocp_version": null)"));

  CHECK_FALSE(request.facts.target_index.has_value());
  CHECK_FALSE(request.facts.graph_update_mode.has_value());
  CHECK_FALSE(request.facts.distribution_scope.has_value());
  CHECK_FALSE(request.facts.ignore_bundle_ocp_version.has_value());
  CHECK(request.secrets.empty());
  CHECK(request.ordering_key.empty());

  auto settings = rules();
  settings.has_default_binary_image = true;
  CHECK_FALSE(merge(R"({"source_from_index": "r/s:1", "binary_image": null})", kUser, settings)
                  .facts.binary_image.has_value());
}

TEST_CASE("a bad merge is refused with the parameter and what is allowed", "[model][submission]") {
  const auto bad = Refused::bad;
  const auto forbidden = Refused::forbidden;
  const auto [body, refused, parameter,
              allowed] = GENERATE_COPY(table<std::string, Refused, std::string, std::string>({
      {merge_with(R"("id": 7, "type": 1)"), bad, "'id', 'type'", "does not have"},
      {merge_with(R"("from_index": "r/i:1")"), bad, "'from_index'", "does not have"},
      {merge_with(R"("add_arches": [])"), bad, "'add_arches'", "does not have"},
      {merge_with(R"("output_fbc": true)"), bad, "'output_fbc'", "does not have"},
      {merge_with(R"("deprecation_list": null)"), bad, "'deprecation_list'", "array"},
      {merge_with(R"("deprecation_list": "r/d:1")"), bad, "'deprecation_list'", "array"},
      {merge_with(R"("deprecation_list": [{}])"), bad, "'deprecation_list'", "array"},
      {merge_with(R"("deprecation_list": ["r/d"])"), bad, "'deprecation_list'", "tag or digest"},
      {R"({"binary_image": "r/o:1"})", bad, "'source_from_index'", "non-empty string"},
      {merge_with(R"("source_from_index": "")"), bad, "'source_from_index'", "non-empty string"},
      {merge_with(R"("source_from_index": null)"), bad, "'source_from_index'", "non-empty string"},
      {merge_with(R"("source_from_index": 7)"), bad, "'source_from_index'", "string"},
      {merge_with(R"("source_from_index": false)"), bad, "'source_from_index'", "string"},
      {merge_with(R"("source_from_index": "r/s")"), bad, "'source_from_index'", "tag or digest"},
      {merge_with(R"("graph_update_mode": "best")"), bad, "'graph_update_mode'",
       "replaces, semver, semver-skippatch"},
      {merge_with(R"("graph_update_mode": 5)"), bad, "'graph_update_mode'", "string"},
      {merge_with(R"("graph_update_mode": "semver")"), forbidden, "'graph_update_mode'",
       "r:5000/ns/index, r/exact:v1"},
      {merge_with(R"("graph_update_mode": "semver", "target_index": "r/other:1")"), forbidden,
       "'graph_update_mode'", "r:5000/ns/index"},
      {merge_with(R"("graph_update_mode": "semver", "target_index": 5)"), bad, "'target_index'",
       "string"},
      {merge_with(R"("target_index": ["r/t:1"])"), bad, "'target_index'", "string"},
      {merge_with(R"("target_index": "r/t")"), bad, "'target_index'", "tag or digest"},
      {merge_with(R"("overwrite_target_index": null)"), bad, "'overwrite_target_index'", "boolean"},
      {merge_with(R"("overwrite_target_index": "true")"), bad, "'overwrite_target_index'",
       "boolean"},
      {merge_with(R"("overwrite_target_index": true, "overwrite_target_index_token": 5)"), bad,
       "'overwrite_target_index_token'", "string"},
      {merge_with(R"("overwrite_target_index_token": "u:p")"), bad,
       "'overwrite_target_index_token'", "'overwrite_target_index': true"},
      {merge_with(R"("overwrite_target_index": true)"), bad, "'overwrite_target_index'",
       "'overwrite_target_index_token'"},
      {merge_with(R"("overwrite_target_index": true, "overwrite_target_index_token": "u:p",
             "target_index": "r/t@sha256:1")"),
       bad, "'overwrite_target_index'", "by digest"},
      {R"({"source_from_index": "r/s:1"})", bad, "'binary_image'", "pull specification"},
      {merge_with(R"("binary_image": false)"), bad, "'binary_image'", "string"},
      {merge_with(R"("binary_image": "r/o")"), bad, "'binary_image'", "tag or digest"},
      {merge_with(R"("distribution_scope": "world")"), bad, "'distribution_scope'",
       "prod, stage, dev"},
      {merge_with(R"("distribution_scope": 5)"), bad, "'distribution_scope'", "string"},
      {merge_with(R"("build_tags": null)"), bad, "'build_tags'", "array"},
      {merge_with(R"("build_tags": "")"), bad, "'build_tags'", "array"},
      {merge_with(R"("build_tags": [""])"), bad, "'build_tags'", "empty string"},
      {merge_with(R"("ignore_bundle_ocp_version": "yes")"), bad, "'ignore_bundle_ocp_version'",
       "boolean"},
  }));
  CAPTURE(body);
  check_refused_as(
      refused, [body = body] { return merge(body); }, parameter, allowed);
}

TEST_CASE("no user may overwrite the target of a merge without a token", "[model][submission]") {
  const auto body = merge_with(R"("overwrite_target_index": true, "target_index": "r/t:1")");
  for (const auto* user : {&kUser, &kPrivileged, &kAnonymous}) {
    check_refused_as(
        Refused::bad, [&] { return merge(body, *user); }, "'overwrite_target_index_token'");
  }
}

TEST_CASE("of two violated rules of a merge the earlier decides", "[model][submission]") {
  const auto [more, message] = GENERATE(table<std::string, std::string>({
      {R"("x": 1, "deprecation_list": 1)", "'x'"},
      {R"("deprecation_list": ["r/d"], "source_from_index": 1)", "'deprecation_list'"},
      {R"("source_from_index": "r/s", "graph_update_mode": 1)", "'source_from_index'"},
      {R"("graph_update_mode": "best", "target_index": "r/t")", "'graph_update_mode'"},
      {R"("target_index": "r/t", "overwrite_target_index": 1)", "'target_index'"},
      {R"("overwrite_target_index": 1, "overwrite_target_index_token": 1)",
       "'overwrite_target_index' must"},
      {R"("overwrite_target_index": true, "binary_image": 1)", "'overwrite_target_index_token'"},
      {R"("binary_image": 1, "distribution_scope": 1)", "'binary_image'"},
      {R"("distribution_scope": 1, "build_tags": 1)", "'distribution_scope'"},
      {R"("build_tags": 1, "ignore_bundle_ocp_version": 1)", "'build_tags'"},
  }));
  CAPTURE(more);
  check_refused_as(
      Refused::bad, [more = more] { return merge(merge_with(more)); }, message);
}

}  // namespace iib::model::test
