#include "submission_support.hpp"

// create-empty-index, fbc-operations and add-deprecations (rest-api 3.8, 3.9).

namespace iib::model::test {
namespace {

NewRequest parse(RequestType type, const std::string& body,
                 const std::optional<std::string>& user = kUser) {
  return parse_submission(type, body, user, rules());
}

constexpr auto kEmpty = RequestType::create_empty_index;
constexpr auto kFbc = RequestType::fbc_operations;
constexpr auto kDeprecations = RequestType::add_deprecations;

std::string empty_with(const std::string& more) {
  return with(R"({"from_index": "r/i:1", "binary_image": "r/o:1"})", more);
}

/// A good fbc-operations but for its fragments.
std::string fbc_with(const std::string& more) {
  return with(R"({"from_index": "r/i:1", "binary_image": "r/o:1"})", more);
}

std::string deprecations_with(const std::string& more) {
  return with(R"({"from_index": "r/i:1", "binary_image": "r/o:1", "operator_package": "otter",
                  "deprecation_schema": "{\"a\": 1}"})",
              more);
}

}  // namespace

TEST_CASE("a full create-empty-index is read", "[model][submission]") {
  const auto request = parse(
      kEmpty,
      empty_with(
          R"("labels": {"v": "1", "w": ""}, "output_fbc": true, "distribution_scope": "Dev")"));

  CHECK(request.type == kEmpty);
  CHECK(request.facts.from_index == "r/i:1");
  CHECK(request.facts.binary_image == "r/o:1");
  CHECK(request.facts.labels == R"({"v":"1","w":""})");
  CHECK(request.facts.distribution_scope == "dev");
  CHECK(request.arguments.output_fbc == true);
  CHECK(request.ordering_key.empty());
}

TEST_CASE("empty parameters of a create-empty-index act as absent", "[model][submission]") {
  const auto [labels, output] = GENERATE(table<std::string, std::string>(
      {{"null", "null"}, {"{}", R"("")"}, {"{}", "[]"}, {"null", "0"}}));
  const auto request = parse(kEmpty, empty_with(R"("distribution_scope": "", "labels": )" + labels +
                                                R"(, "output_fbc": )" + output));

  CHECK_FALSE(request.facts.labels.has_value());
  CHECK_FALSE(request.arguments.output_fbc.has_value());
  CHECK_FALSE(request.facts.distribution_scope.has_value());
}

TEST_CASE("a full fbc-operations is read in both forms", "[model][submission]") {
  const std::string more = R"("add_arches": ["s390x"], "distribution_scope": "stage",
    "build_tags": ["b"], "overwrite_from_index": true, "overwrite_from_index_token": "u:p", )";

  const auto many = parse(
      kFbc,
      fbc_with(more + R"("fbc_fragments": ["r/f:2", "r/f:1", "r/f:2"], "fbc_fragment": null)"));
  const auto one =
      parse(kFbc, fbc_with(more + R"("fbc_fragment": "r/f:1", "fbc_fragments": null)"));

  CHECK(many.facts.fbc_fragments == std::vector<std::string>{"r/f:2", "r/f:1"});
  CHECK_FALSE(many.facts.single_fragment_form);
  CHECK(one.facts.fbc_fragments == std::vector<std::string>{"r/f:1"});
  CHECK(one.facts.single_fragment_form);
  for (const auto* request : {&many, &one}) {
    CHECK(request->type == kFbc);
    CHECK(request->facts.distribution_scope == "stage");
    CHECK(request->facts.build_tags == std::vector<std::string>{"b"});
    CHECK(request->arguments.add_arches == std::vector<std::string>{"s390x"});
    CHECK(request->arguments.overwrite_from_index);
    CHECK(request->secrets.overwrite_token->reveal() == "u:p");
    CHECK(request->ordering_key == "r/i:1");
  }
}

TEST_CASE("a full add-deprecations is read, its schema byte for byte", "[model][submission]") {
  const auto request = parse(kDeprecations, deprecations_with(R"("add_arches": ["amd64"],
    "distribution_scope": "prod", "build_tags": ["t"], "overwrite_from_index": true,
    "overwrite_from_index_token": "u:p", "deprecation_schema": " { \"a\" :\n1 , \"a\": 2 } ")"));

  CHECK(request.type == kDeprecations);
  CHECK(request.facts.operator_package == "otter");
  CHECK(request.facts.deprecation_schema == " { \"a\" :\n1 , \"a\": 2 } ");
  CHECK(request.facts.distribution_scope == "prod");
  CHECK(request.facts.build_tags == std::vector<std::string>{"t"});
  CHECK(request.arguments.add_arches == std::vector<std::string>{"amd64"});
  CHECK(request.ordering_key == "r/i:1");
}

TEST_CASE("any JSON value is a deprecation schema", "[model][submission]") {
  const auto schema = GENERATE(as<std::string>{}, "5", "null", "[]", R"(\"text\")", "false");
  CAPTURE(schema);
  CHECK_NOTHROW(
      parse(kDeprecations, deprecations_with(R"("deprecation_schema": ")" + schema + "\"")));
}

TEST_CASE("a bad create-empty-index is refused with the parameter and what is allowed",
          "[model][submission]") {
  const auto [body, parameter, allowed] = GENERATE(table<std::string, std::string, std::string>({
      {R"({"binary_image": "r/o:1"})", "'from_index'", "non-empty string"},
      {empty_with(R"("from_index": null)"), "'from_index'", "non-empty string"},
      {empty_with(R"("from_index": "")"), "'from_index'", "non-empty string"},
      {empty_with(R"("from_index": 5)"), "'from_index'", "string"},
      {empty_with(R"("from_index": "r/i")"), "'from_index'", "tag or digest"},
      {empty_with(R"("output_fbc": "yes")"), "'output_fbc'", "boolean"},
      {empty_with(R"("output_fbc": 1)"), "'output_fbc'", "boolean"},
      {empty_with(R"("labels": "")"), "'labels'", "object"},
      {empty_with(R"("labels": [])"), "'labels'", "object"},
      {empty_with(R"("labels": false)"), "'labels'", "object"},
      {empty_with(R"("labels": {"v": 1})"), "'labels'", "strings"},
      {empty_with(R"("add_arches": null)"), "'add_arches'", "not allowed"},
      {empty_with(R"("add_arches": ["amd64"])"), "'add_arches'", "not allowed"},
      {empty_with(R"("overwrite_from_index": null)"), "'overwrite_from_index'", "not allowed"},
      {empty_with(R"("overwrite_from_index": false)"), "'overwrite_from_index'", "not allowed"},
      {empty_with(R"("overwrite_from_index_token": null)"), "'overwrite_from_index_token'",
       "not allowed"},
      {empty_with(R"("build_tags": null)"), "'build_tags'", "not allowed"},
      {empty_with(R"("bundles": [])"), "'bundles'", "does not have"},
      {empty_with(R"("organization": "x")"), "'organization'", "does not have"},
      {R"({"from_index": "r/i:1"})", "'binary_image'", "pull specification"},
      {empty_with(R"("binary_image": "r/o")"), "'binary_image'", "tag or digest"},
      {empty_with(R"("distribution_scope": "world")"), "'distribution_scope'", "prod, stage, dev"},
  }));
  CAPTURE(body);
  check_refused_as(
      Refused::bad, [body = body] { return parse(kEmpty, body); }, parameter, allowed);
}

TEST_CASE("a bad fbc-operations is refused with the parameter and what is allowed",
          "[model][submission]") {
  const auto bad = Refused::bad;
  const auto forbidden = Refused::forbidden;
  const auto [body, refused, parameter,
              allowed] = GENERATE_COPY(table<std::string, Refused, std::string, std::string>({
      {fbc_with(""), bad, "'fbc_fragments'", "missing"},
      {fbc_with(R"("fbc_fragment": null)"), bad, "'fbc_fragments'", "missing"},
      {fbc_with(R"("fbc_fragment": null, "fbc_fragments": null)"), bad, "'fbc_fragments'",
       "must not be empty"},
      {fbc_with(R"("fbc_fragment": "r/f:1", "fbc_fragments": ["r/f:1"])"), bad, "'fbc_fragments'",
       "only one"},
      {fbc_with(R"("fbc_fragment": "r/f:1", "fbc_fragments": [])"), bad, "'fbc_fragments'",
       "only one"},
      {fbc_with(R"("fbc_fragment": 5)"), bad, "'fbc_fragment'", "string"},
      {fbc_with(R"("fbc_fragment": ["r/f:1"])"), bad, "'fbc_fragment'", "string"},
      {fbc_with(R"("fbc_fragment": false)"), bad, "'fbc_fragment'", "string"},
      {fbc_with(R"("fbc_fragment": "")"), bad, "'fbc_fragment'", "empty"},
      {fbc_with(R"("fbc_fragment": "r/f")"), bad, "'fbc_fragment'", "tag or digest"},
      {fbc_with(R"("fbc_fragments": [])"), bad, "'fbc_fragments'", "must not be empty"},
      {fbc_with(R"("fbc_fragments": "r/f:1")"), bad, "'fbc_fragments'", "array"},
      {fbc_with(R"("fbc_fragments": [""])"), bad, "'fbc_fragments'", "empty string"},
      {fbc_with(R"("fbc_fragments": [["r/f:1"]])"), bad, "'fbc_fragments'", "array"},
      {fbc_with(R"("fbc_fragments": ["r/f:1", "r/f"])"), bad, "'fbc_fragments'", "tag or digest"},
      {R"({"fbc_fragments": ["r/f:1"], "binary_image": "r/o:1"})", bad, "'from_index'", "missing"},
      {fbc_with(R"("fbc_fragments": ["r/f:1"], "bundles": ["r/b:1"])"), bad, "'bundles'",
       "does not have"},
      {fbc_with(R"("fbc_fragments": ["r/f:1"], "output_fbc": true)"), bad, "'output_fbc'",
       "does not have"},
      {fbc_with(R"("fbc_fragments": ["r/f:1"], "add_arches": "s390x")"), bad, "'add_arches'",
       "array"},
      {fbc_with(R"("fbc_fragments": ["r/f:1"], "build_tags": "x")"), bad, "'build_tags'", "array"},
      {fbc_with(R"("fbc_fragments": ["r/f:1"], "overwrite_from_index": true)"), forbidden,
       "'overwrite_from_index_token'", "privileged"},
  }));
  CAPTURE(body);
  check_refused_as(
      refused, [body = body] { return parse(kFbc, body); }, parameter, allowed);
}

TEST_CASE("a bad add-deprecations is refused with the parameter and what is allowed",
          "[model][submission]") {
  const auto bad = Refused::bad;
  const auto forbidden = Refused::forbidden;
  const auto [body, refused, parameter,
              allowed] = GENERATE_COPY(table<std::string, Refused, std::string, std::string>({
      {R"({"from_index": "r/i:1", "binary_image": "r/o:1", "deprecation_schema": "{}"})", bad,
       "'operator_package'", "non-empty string"},
      {deprecations_with(R"("operator_package": "")"), bad, "'operator_package'",
       "non-empty string"},
      {deprecations_with(R"("operator_package": ["otter"])"), bad, "'operator_package'", "string"},
      {R"({"from_index": "r/i:1", "binary_image": "r/o:1", "operator_package": "otter"})", bad,
       "'deprecation_schema'", "non-empty string"},
      {deprecations_with(R"("deprecation_schema": "")"), bad, "'deprecation_schema'",
       "non-empty string"},
      {deprecations_with(R"("deprecation_schema": {"a": 1})"), bad, "'deprecation_schema'",
       "string; got object"},
      {deprecations_with(R"("deprecation_schema": "{")"), bad, "'deprecation_schema'",
       "contains JSON"},
      {deprecations_with(R"("deprecation_schema": "otter: yes")"), bad, "'deprecation_schema'",
       "contains JSON"},
      {R"({"operator_package": "otter", "deprecation_schema": "{}", "binary_image": "r/o:1"})", bad,
       "'from_index'", "missing"},
      {deprecations_with(R"("from_index": null)"), bad, "'from_index'", "must not be empty"},
      {deprecations_with(R"("from_index": "r/i")"), bad, "'from_index'", "tag or digest"},
      {deprecations_with(R"("bundles": [])"), bad, "'bundles'", "does not have"},
      {deprecations_with(R"("distribution_scope": "world")"), bad, "'distribution_scope'",
       "prod, stage, dev"},
      {deprecations_with(R"("build_tags": 5)"), bad, "'build_tags'", "array"},
      {deprecations_with(R"("binary_image": "")"), bad, "'binary_image'", "missing"},
      {deprecations_with(R"("overwrite_from_index": true)"), forbidden,
       "'overwrite_from_index_token'", "privileged"},
      {deprecations_with(R"("overwrite_from_index": true, "from_index": "r/i@sha256:1")"), bad,
       "'overwrite_from_index'", "by digest"},
  }));
  CAPTURE(body);
  check_refused_as(
      refused, [body = body] { return parse(kDeprecations, body); }, parameter, allowed);
}

TEST_CASE("of two violated rules of the later types the earlier decides", "[model][submission]") {
  const auto [type, body, message] = GENERATE(table<RequestType, std::string, std::string>({
      {kEmpty, R"({"output_fbc": 1, "from_index": 1})", "'from_index'"},
      {kEmpty, empty_with(R"("labels": 1, "output_fbc": 1)"), "'output_fbc'"},
      {kEmpty, empty_with(R"("labels": 1, "add_arches": 1)"), "'labels'"},
      {kEmpty, empty_with(R"("x": 1, "build_tags": 1)"), "'build_tags'"},
      {kFbc, fbc_with(R"("x": 1, "fbc_fragment": 1)"), "'fbc_fragment'"},
      {kFbc, fbc_with(R"("x": 1, "fbc_fragments": 1)"), "'x'"},
      {kFbc, fbc_with(R"("from_index": "", "fbc_fragments": 1)"), "'from_index'"},
      {kFbc, fbc_with(R"("overwrite_from_index": 1, "fbc_fragments": 1)"), "'fbc_fragments'"},
      {kFbc, fbc_with(R"("build_tags": 1, "fbc_fragments": ["r/f"])"), "'build_tags'"},
      {kDeprecations, R"({"deprecation_schema": 1, "operator_package": 1})", "'operator_package'"},
      {kDeprecations, deprecations_with(R"("deprecation_schema": "{", "x": 1)"),
       "'deprecation_schema'"},
      {kDeprecations, deprecations_with(R"("x": 1, "build_tags": 1)"), "'x'"},
  }));
  CAPTURE(body);
  check_refused_as(
      Refused::bad, [type = type, body = body] { return parse(type, body); }, message);
}

}  // namespace iib::model::test
