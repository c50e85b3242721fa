#include "iib/model/submission.hpp"

#include "iib/model/document.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::model {
namespace {

const std::optional<std::string> kAnonymous;
const std::optional<std::string> kUser{"user@REALM"};
const std::optional<std::string> kPrivileged{"boss@REALM"};

SubmissionRules rules() {
  SubmissionRules result;
  result.privileged_users = {"boss@REALM"};
  result.graph_mode_indexes = {"r:5000/ns/index", "r/exact:v1"};
  return result;
}

NewRequest add(const std::string& body, const std::optional<std::string>& user = kUser,
               const SubmissionRules& settings = rules()) {
  return parse_submission(RequestType::add, body, user, settings);
}

NewRequest rm(const std::string& body, const std::optional<std::string>& user = kUser,
              const SubmissionRules& settings = rules()) {
  return parse_submission(RequestType::rm, body, user, settings);
}

/// A good add with `more` members.
std::string add_with(const std::string& more) {
  return R"({"bundles": ["r/b:1"], "binary_image": "r/opm:1", "from_index": "r:5000/ns/index:v1")" +
         (more.empty() ? "" : ", " + more) + "}";
}

/// A good rm with `more` members.
std::string rm_with(const std::string& more) {
  return R"({"operators": ["otter"], "binary_image": "r/opm:1", "from_index": "r/i:v1")" +
         (more.empty() ? "" : ", " + more) + "}";
}

/// Checks that `parse` refuses with 400, not 403, and that the message has both texts.
template <class Parse>
void check_refused(Parse parse, const std::string& first, const std::string& second = "") {
  try {
    const auto request = parse();
    FAIL_CHECK("was accepted");
  } catch (const Forbidden& error) {
    FAIL_CHECK("was forbidden: " << error.what());
  } catch (const UserError& error) {
    CHECK_THAT(error.what(), Catch::Contains(first) && Catch::Contains(second));
  }
}

}  // namespace

TEST_CASE("a body must be a JSON object", "[model][submission]") {
  const auto [body, message] = GENERATE(table<std::string, std::string>({
      {"", "could not be read"},
      {"{", "could not be read"},
      {"{} {}", "could not be read"},
      {"{\"a\": \"\xff\"}", "could not be read"},
      {std::string(10000, '['), "could not be read"},
      {"null", "must be a JSON object"},
      {"[]", "must be a JSON object"},
      {"\"text\"", "must be a JSON object"},
      {"5", "must be a JSON object"},
  }));
  CAPTURE(body.substr(0, 40));
  check_refused([body = body] { return add(body); }, message);
}

TEST_CASE("a full add is read into the request, its arguments and its secrets",
          "[model][submission]") {
  const auto request = add(R"({
    "bundles": ["r/b:2", "r/b:1", "r/b:2"], "binary_image": "r/opm:1",
    "from_index": "r:5000/ns/index:v1", "add_arches": ["amd64", "s390x"], "organization": "acme",
    "cnr_token": "token-c", "overwrite_from_index": true, "overwrite_from_index_token": "u:token-o",
    "distribution_scope": "StaGe", "build_tags": ["v2", "nightly", "v2"],
    "deprecation_list": ["r/old:1", "r/old:1"], "graph_update_mode": "semver",
    "check_related_images": true, "force_backport": true})");

  const auto& facts = request.facts;
  CHECK(request.type == RequestType::add);
  CHECK(facts.bundles == std::vector<std::string>{"r/b:2", "r/b:1"});
  CHECK(facts.binary_image == "r/opm:1");
  CHECK(facts.from_index == "r:5000/ns/index:v1");
  CHECK(facts.organization == "acme");
  CHECK(facts.distribution_scope == "stage");
  CHECK(facts.build_tags == std::vector<std::string>{"v2", "nightly"});
  CHECK(facts.deprecation_list == std::vector<std::string>{"r/old:1"});
  CHECK(facts.graph_update_mode == "semver");
  CHECK(facts.check_related_images == true);
  CHECK(request.arguments.add_arches == std::vector<std::string>{"amd64", "s390x"});
  CHECK(request.arguments.overwrite_from_index);
  CHECK(request.arguments.force_backport);
  CHECK(request.secrets.cnr_token->reveal() == "token-c");
  CHECK(request.secrets.overwrite_token->reveal() == "u:token-o");
  CHECK(request.ordering_key == "r:5000/ns/index:v1");
}

TEST_CASE("empty optional parameters act as absent", "[model][submission]") {
  const auto request = add(add_with(R"("add_arches": [], "organization": "", "cnr_token": "",
    "overwrite_from_index": null, "overwrite_from_index_token": "", "distribution_scope": 0,
    "build_tags": {}, "deprecation_list": [], "graph_update_mode": "")"));

  CHECK_FALSE(request.facts.organization.has_value());
  CHECK_FALSE(request.facts.distribution_scope.has_value());
  CHECK_FALSE(request.facts.graph_update_mode.has_value());
  CHECK_FALSE(request.facts.check_related_images.has_value());
  CHECK_FALSE(request.arguments.overwrite_from_index);
  CHECK(request.secrets.empty());
  CHECK(request.ordering_key.empty());
}

TEST_CASE("an add may come without bundles, or without an index", "[model][submission]") {
  CHECK(add(R"({"from_index": "r/i:1", "binary_image": "scratch"})").facts.bundles.empty());
  CHECK(add(R"({"bundles": [], "from_index": "r/i:1", "binary_image": "r/o:1"})")
            .facts.bundles.empty());
  const auto fresh =
      add(R"({"bundles": ["r/b@x"], "binary_image": "r/o:1", "add_arches": ["amd64"]})");
  CHECK_FALSE(fresh.facts.from_index.has_value());
}

TEST_CASE("a bad add is refused with the parameter and what is allowed", "[model][submission]") {
  const auto [body, parameter, allowed] = GENERATE(table<std::string, std::string, std::string>({
      {add_with(R"("bundles": null)"), "'bundles'", "array of non-empty strings"},
      {add_with(R"("bundles": "r/b:1")"), "'bundles'", "array of non-empty strings"},
      {add_with(R"("bundles": ["r/b:1", ""])"), "'bundles'", "empty string"},
      {add_with(R"("bundles": [["r/b:1"]])"), "'bundles'", "array of non-empty strings"},
      {add_with(R"("bundles": [{}])"), "'bundles'", "array of non-empty strings"},
      {add_with(R"("bundles": ["r/b"])"), "'bundles'", "tag or digest is missing in 'r/b'"},
      {add_with(R"("deprecation_list": null)"), "'deprecation_list'", "array of non-empty strings"},
      {add_with(R"("deprecation_list": ["r/b"])"), "'deprecation_list'", "tag or digest"},
      {R"({"binary_image": "r/o:1", "add_arches": ["amd64"]})", "'bundles'", "'from_index'"},
      {R"({"bundles": [], "from_index": "", "binary_image": "r/o:1"})", "'bundles'", ""},
      {R"({"bundles": ["r/b:1"], "binary_image": "r/o:1"})", "'from_index'", "'add_arches'"},
      {R"({"from_index": "r/i:1", "binary_image": "r/o:1", "check_related_images": true})",
       "'check_related_images'", "bundle"},
      {add_with(R"("check_related_images": null)"), "'check_related_images'", "boolean"},
      {add_with(R"("check_related_images": "yes")"), "'check_related_images'", "boolean"},
      {add_with(R"("cnr_token": null)"), "'cnr_token'", "string"},
      {add_with(R"("cnr_token": 5)"), "'cnr_token'", "string"},
      {add_with(R"("graph_update_mode": null)"), "'graph_update_mode'", "string"},
      {add_with(R"("graph_update_mode": "best")"), "'graph_update_mode'",
       "replaces, semver, semver-skippatch"},
      {add_with(R"("organization": null)"), "'organization'", "string"},
      {add_with(R"("organization": false)"), "'organization'", "string"},
      {add_with(R"("force_backport": null)"), "'force_backport'", "boolean"},
      {add_with(R"("id": 5, "state": "complete")"), "'id', 'state'", "does not have"},
      {add_with(R"("output_fbc": true)"), "'output_fbc'", "does not have"},
      {add_with(R"("operators": ["x"])"), "'operators'", "does not have"},
      {add_with(R"("overwrite_from_index": "true")"), "'overwrite_from_index'", "boolean"},
      {add_with(R"("overwrite_from_index": true, "overwrite_from_index_token": 5)"),
       "'overwrite_from_index_token'", "string"},
      {add_with(R"("overwrite_from_index_token": "u:p")"), "'overwrite_from_index_token'",
       "'overwrite_from_index': true"},
      {add_with(R"("overwrite_from_index": true, "from_index": "r/i@sha256:1")"),
       "'overwrite_from_index'", "by digest"},
      {add_with(R"("distribution_scope": "world")"), "'distribution_scope'", "prod, stage, dev"},
      {add_with(R"("distribution_scope": ["prod"])"), "'distribution_scope'", "string"},
      {add_with(R"("distribution_scope": false)"), "'distribution_scope'", "string"},
      {add_with(R"("add_arches": "amd64")"), "'add_arches'", "array of non-empty strings"},
      {add_with(R"("add_arches": [1])"), "'add_arches'", "of type number"},
      {add_with(R"("binary_image": "")"), "'binary_image'", "pull specification"},
      {add_with(R"("binary_image": 7)"), "'binary_image'", "string"},
      {add_with(R"("binary_image": "r/opm")"), "'binary_image'", "tag or digest"},
      {add_with(R"("from_index": true)"), "'from_index'", "string"},
      {add_with(R"("from_index": "r/i")"), "'from_index'", "tag or digest"},
      {add_with(R"("from_index": ["r/i:1"], "graph_update_mode": "semver")"), "'from_index'",
       "string"},
      {add_with(R"("build_tags": "v1")"), "'build_tags'", "array of non-empty strings"},
      {add_with(R"("build_tags": 5)"), "'build_tags'", "array of non-empty strings"},
  }));
  CAPTURE(body);
  check_refused([body = body] { return add(body); }, parameter, allowed);
}

TEST_CASE("a bad rm is refused with the parameter and what is allowed", "[model][submission]") {
  const auto [body, parameter, allowed] = GENERATE(table<std::string, std::string, std::string>({
      {R"({"from_index": "r/i:1", "binary_image": "r/o:1"})", "'operators'", "non-empty array"},
      {rm_with(R"("operators": null)"), "'operators'", "array of non-empty strings"},
      {rm_with(R"("operators": [])"), "'operators'", "non-empty array"},
      {rm_with(R"("operators": "otter")"), "'operators'", "array of non-empty strings"},
      {rm_with(R"("operators": [""])"), "'operators'", "empty string"},
      {R"({"operators": ["otter"], "binary_image": "r/o:1"})", "'from_index'", "missing"},
      {rm_with(R"("from_index": null)"), "'from_index'", "must not be empty"},
      {rm_with(R"("from_index": false)"), "'from_index'", "must not be empty"},
      {rm_with(R"("from_index": {"a": 1})"), "'from_index'", "string"},
      {rm_with(R"("bundles": ["r/b:1"])"), "'bundles'", "does not have"},
      {rm_with(R"("organization": "acme")"), "'organization'", "does not have"},
      {rm_with(R"("cnr_token": "x")"), "'cnr_token'", "does not have"},
      {rm_with(R"("graph_update_mode": "semver")"), "'graph_update_mode'", "does not have"},
      {rm_with(R"("deprecation_list": [])"), "'deprecation_list'", "does not have"},
  }));
  CAPTURE(body);
  check_refused([body = body] { return rm(body); }, parameter, allowed);
}

TEST_CASE("an rm keeps its operators in order, once each", "[model][submission]") {
  const auto request = rm(rm_with(R"("operators": ["otter", "any text", "otter"])"));

  CHECK(request.type == RequestType::rm);
  CHECK(request.facts.removed_operators == std::vector<std::string>{"otter", "any text"});
}

TEST_CASE("of repeated keys the last counts", "[model][submission]") {
  CHECK(add(add_with(R"("organization": "one", "organization": "two")")).facts.organization ==
        "two");
}

TEST_CASE("without a default the binary image must be given", "[model][submission]") {
  const std::string body = R"({"bundles": ["r/b:1"], "from_index": "r/i:1"})";
  auto settings = rules();
  check_refused([&] { return add(body, kUser, settings); }, "'binary_image'");

  settings.has_default_binary_image = true;
  CHECK_FALSE(add(body, kUser, settings).facts.binary_image.has_value());
}

TEST_CASE("who may overwrite without a token", "[model][submission]") {
  const auto body = add_with(R"("overwrite_from_index": true)");

  CHECK_THROWS_AS(add(body, kUser), Forbidden);
  CHECK(add(body, kPrivileged).arguments.overwrite_from_index);
  CHECK(add(body, kAnonymous).arguments.overwrite_from_index);
  CHECK(add(add_with(R"("overwrite_from_index": true, "overwrite_from_index_token": "u:p")"), kUser)
            .arguments.overwrite_from_index);
}

TEST_CASE("the privilege check stands in the middle of the others", "[model][submission]") {
  const std::string overwrite = R"("overwrite_from_index": true, )";
  check_refused([&] { return add(add_with(overwrite + R"("nonsense": 1)")); }, "'nonsense'");
  check_refused([&] { return add(add_with(overwrite + R"("distribution_scope": "x")")); },
                "'distribution_scope'");
  CHECK_THROWS_AS(add(add_with(overwrite + R"("add_arches": 1)")), Forbidden);
  CHECK_THROWS_AS(add(add_with(overwrite + R"("bundles": ["r/b"])")), Forbidden);
}

TEST_CASE("the earlier of two violated rules decides", "[model][submission]") {
  const auto [name, body, message] = GENERATE(table<std::string, std::string, std::string>({
      {"types before missing", R"({"bundles": 1})", "'bundles'"},
      {"bundles before deprecation_list", R"({"deprecation_list": 1, "bundles": 1})", "'bundles'"},
      {"no bundles before check_related_images", R"({"check_related_images": 5})", "'bundles'"},
      {"cnr_token before graph_update_mode", add_with(R"("graph_update_mode": 1, "cnr_token": 1)"),
       "'cnr_token'"},
      {"organization before unknown", add_with(R"("x": 1, "organization": 1)"), "'organization'"},
      {"unknown before overwrite", add_with(R"("x": 1, "overwrite_from_index": 1)"), "'x'"},
      {"overwrite before scope", add_with(R"("distribution_scope": 1, "overwrite_from_index": 1)"),
       "overwrite_from_index"},
      {"arches before binary image", add_with(R"("binary_image": 1, "add_arches": 1)"),
       "'add_arches'"},
      {"binary image before index", add_with(R"("from_index": 1, "binary_image": 1)"),
       "'binary_image'"},
      {"index before tags", add_with(R"("build_tags": 1, "from_index": 1)"), "'from_index'"},
      {"tags before bundles", add_with(R"("bundles": ["r/b"], "build_tags": 1)"), "'build_tags'"},
  }));
  CAPTURE(name);
  check_refused([body = body] { return add(body); }, message);
}

TEST_CASE("graph_update_mode needs a listed index", "[model][submission]") {
  const auto body = [](const std::string& index) {
    return add_with(fmt::format(R"("graph_update_mode": "semver", "from_index": {})", index));
  };
  CHECK(add(body(R"("r:5000/ns/index:v9")")).facts.graph_update_mode == "semver");
  CHECK(add(body(R"("r/exact:v1")")).facts.graph_update_mode == "semver");
  CHECK_THROWS_AS(add(body(R"("r/exact:v2")")), Forbidden);
  CHECK_THROWS_AS(add(body(R"("r:5000/other:v1")")), Forbidden);
  CHECK_THROWS_WITH(add(R"({"bundles": ["r/b:1"], "graph_update_mode": "semver"})"),
                    Catch::Contains("r:5000/ns/index, r/exact:v1"));
}

TEST_CASE("forced overwriting is for privileged users' add and rm", "[model][submission]") {
  auto settings = rules();
  settings.force_overwrite = true;
  const auto body = rm_with(R"("overwrite_from_index": false)");

  const auto forced = rm(body, kPrivileged, settings);
  CHECK(forced.arguments.overwrite_from_index);
  CHECK(forced.ordering_key == "r/i:v1");
  CHECK_FALSE(rm(body, kUser, settings).arguments.overwrite_from_index);
  CHECK_FALSE(rm(body, kAnonymous, settings).arguments.overwrite_from_index);
  check_refused(
      [&] { return rm(rm_with(R"("from_index": "r/i@sha256:1")"), kPrivileged, settings); },
      "by digest");
}

TEST_CASE("an error shows no secret and does not grow with the body", "[model][submission]") {
  const std::string many = R"("x)" + std::string(5000, 'y') + R"(": 1)";
  try {
    const auto request = add(add_with(R"("cnr_token": "hunter2", )" + many));
    FAIL("was accepted");
  } catch (const UserError& error) {
    CHECK_THAT(error.what(), !Catch::Contains("hunter2"));
    CHECK(std::string{error.what()}.size() < 300);
  }
}

TEST_CASE("arguments of a job survive being stored", "[model][job_text]") {
  const JobArguments arguments{.add_arches = {"amd64", "s390x"},
                               .overwrite_from_index = true,
                               .overwrite_target_index = false,
                               .force_backport = true,
                               .output_fbc = false};

  const auto again = job_arguments_from_json(to_json(arguments));

  CHECK(again.add_arches == arguments.add_arches);
  CHECK(again.overwrite_from_index);
  CHECK_FALSE(again.overwrite_target_index);
  CHECK(again.force_backport);
  CHECK(again.output_fbc == false);
  CHECK_THROWS_AS(job_arguments_from_json("[]"), UserError);
}

TEST_CASE("secrets of a job survive being sealed", "[model][job_text]") {
  JobSecrets secrets;
  secrets.overwrite_token = Secret{"u:p:1\n\xff"};
  secrets.registry_auths = Secret{""};

  const auto again = job_secrets_from(to_sealed_text(secrets));

  CHECK_FALSE(again.cnr_token.has_value());
  CHECK(again.overwrite_token->reveal() == "u:p:1\n\xff");
  CHECK(again.registry_auths->reveal().empty());
  const auto damaged =
      GENERATE(as<std::string>{}, "x", "c", "c5:abc", "x1:a", "c:abc", "c-1:abc", "c1:ab");
  CAPTURE(damaged);
  CHECK_THROWS_AS(job_secrets_from(Secret{damaged}), UserError);
}

}  // namespace iib::model
