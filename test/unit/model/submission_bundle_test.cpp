#include "submission_support.hpp"

// regenerate-bundle and recursive-related-bundles (rest-api 3.6, 3.8).

namespace iib::model::test {
namespace {

NewRequest regenerate(const std::string& body) {
  return parse_submission(RequestType::regenerate_bundle, body, kUser, rules());
}

NewRequest recursive(const std::string& body) {
  return parse_submission(RequestType::recursive_related_bundles, body, kUser, rules());
}

std::string regenerate_with(const std::string& more) {
  return with(R"({"from_bundle_image": "r/b:1"})", more);
}

std::string recursive_with(const std::string& more) {
  return with(R"({"parent_bundle_image": "r/b:1"})", more);
}

}  // namespace

TEST_CASE("a full regenerate-bundle is read", "[model][submission]") {
  const auto request = regenerate(R"({"from_bundle_image": "r/b:1", "organization": "acme",
    "bundle_replacements": {"r/a@sha256:1": "r/b@sha256:2"},
    "registry_auths": {"auths": {"r.example.com:5000": {"auth": "dXNlcjpw\"w=="}, "q": {"auth": ""}}}})");

  CHECK(request.type == RequestType::regenerate_bundle);
  CHECK(request.facts.from_bundle_image == "r/b:1");
  CHECK(request.facts.organization == "acme");
  CHECK(request.facts.bundle_replacements == R"({"r/a@sha256:1":"r/b@sha256:2"})");
  REQUIRE(request.secrets.registry_auths.has_value());
  CHECK(request.secrets.registry_auths->reveal() ==
        R"({"auths":{"r.example.com:5000":{"auth":"dXNlcjpw\"w=="},"q":{"auth":""}}})");
  CHECK(request.ordering_key.empty());
}

TEST_CASE("empty parameters of a bundle request act as absent", "[model][submission]") {
  const auto empty = GENERATE(as<std::string>{}, "null", R"("")", "[]", "{}", "0", "0.0");
  CAPTURE(empty);

  const auto request =
      regenerate(regenerate_with(R"("organization": )" + empty + R"(, "bundle_replacements": )" +
                                 empty + R"(, "registry_auths": )" + empty));
  const auto related =
      recursive(recursive_with(R"("organization": )" + empty + R"(, "registry_auths": )" + empty));

  CHECK_FALSE(request.facts.organization.has_value());
  CHECK_FALSE(request.facts.bundle_replacements.has_value());
  CHECK(request.secrets.empty());
  CHECK_FALSE(related.facts.organization.has_value());
  CHECK(related.secrets.empty());
}

TEST_CASE("a full recursive-related-bundles is read", "[model][submission]") {
  const auto request = recursive(recursive_with(
      R"("organization": "acme", "registry_auths": {"auths": {"r": {"auth": "YQ=="}}})"));

  CHECK(request.type == RequestType::recursive_related_bundles);
  CHECK(request.facts.parent_bundle_image == "r/b:1");
  CHECK(request.facts.organization == "acme");
  CHECK(request.secrets.registry_auths->reveal() == R"({"auths":{"r":{"auth":"YQ=="}}})");
}

TEST_CASE("a bad regenerate-bundle is refused with the parameter and what is allowed",
          "[model][submission]") {
  const auto [body, parameter, allowed] = GENERATE(table<std::string, std::string, std::string>({
      {"{}", "'from_bundle_image'", "missing"},
      {R"({"organization": "acme"})", "'from_bundle_image'", "missing"},
      {regenerate_with(R"("from_index": "r/i:1")"), "'from_index'", "does not have"},
      {regenerate_with(R"("overwrite_from_index": true)"), "'overwrite_from_index'",
       "does not have"},
      {regenerate_with(R"("binary_image": "r/o:1")"), "'binary_image'", "does not have"},
      {R"({"from_bundle_image": null})", "'from_bundle_image'", "must not be empty"},
      {R"({"from_bundle_image": ""})", "'from_bundle_image'", "must not be empty"},
      {R"({"from_bundle_image": false})", "'from_bundle_image'", "must not be empty"},
      {R"({"from_bundle_image": ["r/b:1"]})", "'from_bundle_image'", "string"},
      {R"({"from_bundle_image": true})", "'from_bundle_image'", "string"},
      {R"({"from_bundle_image": "r/b"})", "'from_bundle_image'", "tag or digest"},
      {regenerate_with(R"("organization": 5)"), "'organization'", "string"},
      {regenerate_with(R"("organization": false)"), "'organization'", "string"},
      {regenerate_with(R"("bundle_replacements": "x")"), "'bundle_replacements'", "object"},
      {regenerate_with(R"("bundle_replacements": ["a"])"), "'bundle_replacements'", "object"},
      {regenerate_with(R"("bundle_replacements": false)"), "'bundle_replacements'", "object"},
      {regenerate_with(R"("bundle_replacements": {"a": 1})"), "'bundle_replacements'",
       "the value of 'a' is number"},
      {regenerate_with(R"("bundle_replacements": {"a": null})"), "'bundle_replacements'",
       "strings"},
  }));
  CAPTURE(body);
  check_refused_as(
      Refused::bad, [body = body] { return regenerate(body); }, parameter, allowed);
}

TEST_CASE("a bad recursive-related-bundles is refused with the parameter and what is allowed",
          "[model][submission]") {
  const auto [body, parameter, allowed] = GENERATE(table<std::string, std::string, std::string>({
      {"{}", "'parent_bundle_image'", "missing"},
      {recursive_with(R"("bundle_replacements": {})"), "'bundle_replacements'", "does not have"},
      {recursive_with(R"("from_bundle_image": "r/b:1")"), "'from_bundle_image'", "does not have"},
      {R"({"parent_bundle_image": []})", "'parent_bundle_image'", "must not be empty"},
      {R"({"parent_bundle_image": 7})", "'parent_bundle_image'", "string"},
      {R"({"parent_bundle_image": "r/b"})", "'parent_bundle_image'", "tag or digest"},
      {recursive_with(R"("organization": ["acme"])"), "'organization'", "string"},
      {recursive_with(R"("registry_auths": true)"), "'registry_auths'", "'auths'"},
  }));
  CAPTURE(body);
  check_refused_as(
      Refused::bad, [body = body] { return recursive(body); }, parameter, allowed);
}

TEST_CASE("registry_auths of another form is refused without showing a credential",
          "[model][submission]") {
  const auto [auths, told] = GENERATE(table<std::string, std::string>({
      {R"("hunter2")", "single key 'auths'"},
      {R"(["hunter2"])", "single key 'auths'"},
      {R"(false)", "single key 'auths'"},
      {R"({"r": {"auth": "hunter2"}})", "single key 'auths'"},
      {R"({"auths": {"r": {"auth": "hunter2"}}, "x": 1})", "single key 'auths'"},
      {R"({"auths": "hunter2"})", "at least one"},
      {R"({"auths": null})", "at least one"},
      {R"({"auths": {}})", "at least one"},
      {R"({"auths": ["hunter2"]})", "at least one"},
      {R"({"auths": {"r.example": "hunter2"}})", "registry 'r.example'"},
      {R"({"auths": {"r.example": {}}})", "registry 'r.example'"},
      {R"({"auths": {"r.example": {"password": "hunter2"}}})", "registry 'r.example'"},
      {R"({"auths": {"r.example": {"auth": "hunter2", "x": 1}}})", "registry 'r.example'"},
      {R"({"auths": {"r.example": {"auth": ["hunter2"]}}})", "registry 'r.example'"},
      {R"({"auths": {"q": {"auth": "hunter2"}, "r.example": {"auth": null}}})",
       "registry 'r.example'"},
  }));
  CAPTURE(auths);
  for (const auto& parse : {regenerate, recursive}) {
    const auto good = parse == regenerate ? regenerate_with("") : recursive_with("");
    try {
      static_cast<void>(parse(with(good, R"("registry_auths": )" + auths)));
      FAIL_CHECK("was accepted");
    } catch (const UserError& error) {
      CHECK_THAT(error.what(), Catch::Contains("'registry_auths'") && Catch::Contains(told) &&
                                   !Catch::Contains("hunter2"));
    }
  }
}

TEST_CASE("of two violated rules of a bundle request the earlier decides", "[model][submission]") {
  const auto [body, message] = GENERATE(table<std::string, std::string>({
      {R"({"x": 1})", "'from_bundle_image'"},
      {R"({"from_bundle_image": "", "x": 1})", "'x'"},
      {regenerate_with(R"("organization": 1, "bundle_replacements": 1)"), "'bundle_replacements'"},
      {R"({"from_bundle_image": 1, "organization": 1})", "'organization'"},
      {R"({"from_bundle_image": 1, "registry_auths": 1})", "'from_bundle_image'"},
      {R"({"from_bundle_image": "r/b", "registry_auths": 1})", "'registry_auths'"},
  }));
  CAPTURE(body);
  check_refused_as(
      Refused::bad, [body = body] { return regenerate(body); }, message);
}

}  // namespace iib::model::test
