#include "fixture.hpp"

#include <catch2/catch.hpp>

// The decision table of rest-api 7, for what is no log.

namespace iib::test {
namespace {

struct ArtifactCase {
  io::ArtifactKind kind;
  std::string endpoint;
  std::string type;
  std::string body;
  std::string file;
};

std::vector<ArtifactCase> artifacts() {
  return {{io::ArtifactKind::related_bundles, "related_bundles", "regenerate-bundle",
           R"({"from_bundle_image": "r/b:1", "organization": "acme"})", "1_related_bundles.json"},
          {io::ArtifactKind::nested_bundles, "nested-bundles", "recursive-related-bundles",
           R"({"parent_bundle_image": "r/b:1"})", "1_recursive_related_bundles.json"}};
}

constexpr auto kDeprecations = R"({"from_index": "r/i:1", "binary_image": "r/o:1",
    "operator_package": "otter", "deprecation_schema": " {\"a\": \"\u00e4\"}\n"})";

}  // namespace

TEST_CASE("an artifact is answered by the decision table, top to bottom", "[web][artifacts]") {
  for (const auto& artifact : artifacts()) {
    CAPTURE(artifact.endpoint);
    WebFixture fixture{WebFixture::open_options(), {artifact.kind}};
    const auto target = "/api/v1/builds/1/" + artifact.endpoint;

    CHECK(fixture.get(target).status == 404);
    REQUIRE(fixture.post("/api/v1/builds/" + artifact.type, artifact.body).status == 201);
    fixture.write_artifact(artifact.file, R"(["r/b@sha256:1"])");
    const auto unfinished = fixture.get(target);
    CHECK(unfinished.status == 400);
    CHECK_THAT(error_of(unfinished), Catch::Contains("not finished"));

    fixture.finish_next(model::RequestState::complete);
    fixture.clock.advance(std::chrono::days{4});
    const auto found = fixture.get(target);
    CHECK(found.status == 200);
    CHECK(found.headers.at("content-type") == "application/json");
    CHECK(found.body == R"(["r/b@sha256:1"])");
    fixture.write_artifact(artifact.file, "");
    CHECK(fixture.get(target).status == 200);

    std::filesystem::remove(fixture.dir.path() / "logs" / artifact.file);
    const auto expired = fixture.get(target);
    CHECK(expired.status == 410);
    CHECK_THAT(error_of(expired), Catch::Contains("request 1"));
  }
}

TEST_CASE("a missing artifact that has not expired is a 500 that tells where to look",
          "[web][artifacts]") {
  for (const auto& artifact : artifacts()) {
    CAPTURE(artifact.endpoint);
    WebFixture fixture{WebFixture::open_options(), {artifact.kind}};
    fixture.post("/api/v1/builds/" + artifact.type, artifact.body);
    fixture.finish_next(model::RequestState::failed);

    const auto answer = fixture.get("/api/v1/builds/1/" + artifact.endpoint);

    CHECK(answer.status == 500);
    CHECK_THAT(error_of(answer), Catch::Contains("could not be found"));
    const bool names_organization =
        error_of(answer).find("'acme' in iib_organization_customizations") != std::string::npos;
    CHECK(names_organization == (artifact.kind == io::ArtifactKind::related_bundles));
  }
}

TEST_CASE("an artifact of another type is a 400 that names both types", "[web][artifacts]") {
  WebFixture fixture{WebFixture::open_options(),
                     {io::ArtifactKind::related_bundles, io::ArtifactKind::nested_bundles}};
  fixture.submit_add();

  for (const auto& artifact : artifacts()) {
    const auto answer = fixture.get("/api/v1/builds/1/" + artifact.endpoint);
    CHECK(answer.status == 400);
    CHECK_THAT(error_of(answer), Catch::Contains(" add") && Catch::Contains(artifact.type));
  }
}

TEST_CASE("without a folder there is no artifact of that kind", "[web][artifacts]") {
  WebFixture fixture;
  for (const auto& artifact : artifacts()) {
    fixture.post("/api/v1/builds/" + artifact.type, artifact.body);
    CHECK(fixture.get("/api/v1/builds/1/" + artifact.endpoint).status == 404);
  }
}

TEST_CASE("a deprecation schema is answered byte for byte in any state", "[web][artifacts]") {
  WebFixture fixture;
  constexpr auto kTarget = "/api/v1/builds/1/deprecation-schema";
  CHECK(fixture.get(kTarget).status == 404);

  const auto created = fixture.post("/api/v1/builds/add-deprecations", kDeprecations);
  REQUIRE(created.status == 201);
  CHECK(json_of(created)["deprecation_schema_url"] ==
        "http://iib.test/api/v1/builds/1/deprecation-schema");
  for (int finished = 0; finished < 2; ++finished) {
    const auto answer = fixture.get(kTarget);
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("content-type") == "application/json");
    CHECK(answer.body == " {\"a\": \"\xc3\xa4\"}\n");
    if (finished == 0) fixture.finish_next(model::RequestState::failed);
  }

  fixture.submit_add();
  const auto other = fixture.get("/api/v1/builds/2/deprecation-schema");
  CHECK(other.status == 400);
  CHECK_THAT(error_of(other), Catch::Contains(" add,") && Catch::Contains("add-deprecations"));
}

}  // namespace iib::test
