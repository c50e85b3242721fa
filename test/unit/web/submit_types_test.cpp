#include "fixture.hpp"

#include <catch2/catch.hpp>

#include <set>

// Submissions of the types beyond add and rm, and of batches.

namespace iib::test {
namespace {

std::set<std::string> keys_of(const io::JsonDocument& json) {
  std::set<std::string> keys;
  for (const auto& member : json.GetObject()) keys.insert(member.name.GetString());
  return keys;
}

/// What every verbose document has (rest-api 4.1).
const std::set<std::string> kCommon{
    "id",      "request_type",      "batch",         "user", "arches", "state", "state_reason",
    "updated", "batch_annotations", "state_history", "logs"};

struct TypeCase {
  std::string name;
  std::string body;
  std::set<std::string> keys;
};

std::vector<TypeCase> types() {
  return {
      {"regenerate-bundle",
       R"({"from_bundle_image": "r/b:1", "organization": "acme",
           "registry_auths": {"auths": {"r": {"auth": "hunter2"}}}})",
       {"organization", "bundle_image", "from_bundle_image", "from_bundle_image_resolved",
        "bundle_replacements", "related_bundles"}},
      {"merge-index-image",
       R"({"source_from_index": "r/s:1", "target_index": "r/t:1", "binary_image": "r/o:1",
           "overwrite_target_index": true, "overwrite_target_index_token": "u:hunter2"})",
       {"binary_image", "binary_image_resolved", "index_image", "deprecation_list",
        "distribution_scope", "build_tags", "graph_update_mode", "source_from_index",
        "source_from_index_resolved", "target_index", "target_index_resolved",
        "ignore_bundle_ocp_version"}},
      {"create-empty-index",
       R"({"from_index": "r/i:1", "binary_image": "r/o:1", "output_fbc": true})",
       {"binary_image", "binary_image_resolved", "from_index", "from_index_resolved", "index_image",
        "index_image_resolved", "distribution_scope", "labels"}},
      {"recursive-related-bundles",
       R"({"parent_bundle_image": "r/b:1", "registry_auths": {"auths": {"r": {"auth": "hunter2"}}}})",
       {"organization", "parent_bundle_image", "parent_bundle_image_resolved", "nested_bundles"}},
      {"fbc-operations",
       R"({"from_index": "r/i:1", "binary_image": "r/o:1", "fbc_fragments": ["r/f:2", "r/f:1"],
           "overwrite_from_index": true, "overwrite_from_index_token": "u:hunter2"})",
       {"binary_image", "binary_image_resolved", "from_index", "from_index_resolved", "index_image",
        "index_image_resolved", "internal_index_image_copy", "internal_index_image_copy_resolved",
        "distribution_scope", "build_tags", "fbc_fragment", "fbc_fragment_resolved",
        "fbc_fragments", "fbc_fragments_resolved"}},
      {"add-deprecations",
       R"({"from_index": "r/i:1", "binary_image": "r/o:1", "operator_package": "otter",
           "deprecation_schema": "{}", "build_tags": ["b", "a"], "distribution_scope": "prod"})",
       {"binary_image", "binary_image_resolved", "from_index", "from_index_resolved", "index_image",
        "index_image_resolved", "internal_index_image_copy", "internal_index_image_copy_resolved",
        "build_tags", "operator_package", "deprecation_schema_url"}},
  };
}

std::string at(const std::string& type) {
  return "/api/v1/builds/" + type;
}

constexpr auto kAdd = R"({"bundles": ["r/b:1"], "from_index": "r/i:1", "binary_image": "r/o:1"})";
constexpr auto kRm = R"({"operators": ["otter"], "from_index": "r/i:1", "binary_image": "r/o:1"})";

}  // namespace

TEST_CASE("every type is answered with its document, which shows no secret", "[web][submit]") {
  WebFixture fixture{WebFixture::open_options(),
                     {io::ArtifactKind::request_log, io::ArtifactKind::related_bundles}};

  for (const auto& type : types()) {
    CAPTURE(type.name);
    const auto answer = fixture.post(at(type.name), type.body);

    REQUIRE(answer.status == 201);
    const auto json = json_of(answer);
    auto expected = kCommon;
    expected.insert(type.keys.begin(), type.keys.end());
    CHECK(keys_of(json) == expected);
    CHECK(json["request_type"].GetString() == type.name);
    CHECK(json["state"] == "in_progress");
    CHECK_THAT(answer.body, !Catch::Contains("hunter2"));
    CHECK(fixture.get(at(std::to_string(json["id"].GetInt()))).body == answer.body);
  }
}

TEST_CASE("an fbc-operations is shown in the form it was submitted in", "[web][submit]") {
  WebFixture fixture;
  const std::string common = R"("from_index": "r/i:1", "binary_image": "r/o:1"})";

  const auto one =
      json_of(fixture.post(at("fbc-operations"), R"({"fbc_fragment": "r/f:1", )" + common));
  const auto many = json_of(
      fixture.post(at("fbc-operations"), R"({"fbc_fragments": ["r/f:2", "r/f:1"], )" + common));

  CHECK(one["fbc_fragment"] == "r/f:1");
  CHECK(one["fbc_fragments"].Empty());
  CHECK(one["fbc_fragment_resolved"].IsNull());
  CHECK(many["fbc_fragment"].IsNull());
  REQUIRE(many["fbc_fragments"].Size() == 2);
  CHECK(many["fbc_fragments"][0] == "r/f:2");
}

TEST_CASE("a batch is answered with its documents in order", "[web][submit]") {
  WebFixture fixture;

  const auto answer =
      fixture.post(at("add-rm-batch"), std::string{R"({"annotations": {}, "build_requests": [)"} +
                                           kRm + "," + kAdd + "]}");

  REQUIRE(answer.status == 201);
  const auto json = io::parse_json(answer.body);
  REQUIRE(json.IsArray());
  REQUIRE(json.Size() == 2);
  CHECK(json[0]["id"].GetInt() == 1);
  CHECK(json[0]["request_type"] == "rm");
  CHECK(json[1]["id"].GetInt() == 2);
  CHECK(json[1]["request_type"] == "add");
  CHECK(json[1]["batch"].GetInt() == json[0]["batch"].GetInt());
  CHECK(json[1]["batch_annotations"].ObjectEmpty());
  CHECK(json_of(fixture.get("/api/v1/builds?batch=1"))["meta"]["total"].GetInt() == 2);
}

TEST_CASE("a regenerate-bundle-batch is answered with its documents", "[web][submit]") {
  WebFixture fixture;

  const auto answer = fixture.post(
      at("regenerate-bundle-batch"),
      R"({"build_requests": [{"from_bundle_image": "r/b:1"}, {"from_bundle_image": "r/b:1"}]})");

  REQUIRE(answer.status == 201);
  const auto json = io::parse_json(answer.body);
  REQUIRE(json.Size() == 2);
  CHECK(json[1]["from_bundle_image"] == "r/b:1");
  CHECK(json[1]["batch_annotations"].IsNull());
}

TEST_CASE("one bad element of a batch stores nothing and is named", "[web][submit]") {
  WebFixture fixture;

  const auto answer = fixture.post(
      at("add-rm-batch"), std::string{R"({"build_requests": [)"} + kRm + ", 5," + kAdd + "]}");

  CHECK(answer.status == 400);
  CHECK_THAT(error_of(answer), Catch::Contains("build_requests[1]"));
  CHECK(json_of(fixture.get("/api/v1/builds"))["meta"]["total"].GetInt() == 0);
  CHECK(fixture.submitted == 0);
}

}  // namespace iib::test
