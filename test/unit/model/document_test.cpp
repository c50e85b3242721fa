#include "iib/model/document.hpp"

#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace iib::model {
namespace {

constexpr auto kReason = "Accepted, waiting for a worker";

Request sample(RequestType type) {
  Request request;
  request.id = RequestId{41};
  request.type = type;
  request.batch = BatchId{38};
  request.user = "builder@REALM.EXAMPLE";
  request.history = {{EventId{1}, RequestState::in_progress, kReason,
                      parse_iso8601("2031-05-04T10:11:12.131415Z")}};
  return request;
}

rapidjson::Document written(const Request& request,
                            DocumentDetail detail = DocumentDetail::verbose) {
  rapidjson::Document json;
  const DocumentOptions options{.base_url = "https://iib.example.com"};
  json.Parse(document(request, options, detail).c_str());
  REQUIRE_FALSE(json.HasParseError());
  return json;
}

std::set<std::string> keys_of(const rapidjson::Document& json) {
  std::set<std::string> keys;
  for (const auto& member : json.GetObject()) keys.insert(member.name.GetString());
  return keys;
}

}  // namespace

TEST_CASE("a document has exactly the keys of its type", "[model][document]") {
  const std::set<std::string> common{"id",     "request_type", "batch",        "user",
                                     "arches", "state",        "state_reason", "updated"};
  // Written out by hand from the contract, not derived from the table under test.
  const std::map<RequestType, std::set<std::string>> own{
      {RequestType::add,
       {"binary_image", "binary_image_resolved", "from_index", "from_index_resolved", "index_image",
        "index_image_resolved", "internal_index_image_copy", "internal_index_image_copy_resolved",
        "bundles", "bundle_mapping", "removed_operators", "organization", "deprecation_list",
        "distribution_scope", "build_tags", "graph_update_mode", "check_related_images",
        "omps_operator_version"}},
      {RequestType::rm,
       {"binary_image", "binary_image_resolved", "from_index", "from_index_resolved", "index_image",
        "index_image_resolved", "internal_index_image_copy", "internal_index_image_copy_resolved",
        "bundles", "bundle_mapping", "removed_operators", "organization", "deprecation_list",
        "distribution_scope", "build_tags"}},
      {RequestType::regenerate_bundle,
       {"organization", "from_bundle_image", "from_bundle_image_resolved", "bundle_image",
        "bundle_replacements", "related_bundles"}},
      {RequestType::merge_index_image,
       {"binary_image", "binary_image_resolved", "source_from_index", "source_from_index_resolved",
        "target_index", "target_index_resolved", "index_image", "deprecation_list",
        "distribution_scope", "build_tags", "graph_update_mode", "ignore_bundle_ocp_version"}},
      {RequestType::create_empty_index,
       {"binary_image", "binary_image_resolved", "from_index", "from_index_resolved", "index_image",
        "index_image_resolved", "distribution_scope", "labels"}},
      {RequestType::recursive_related_bundles,
       {"parent_bundle_image", "parent_bundle_image_resolved", "organization", "nested_bundles"}},
      {RequestType::fbc_operations,
       {"binary_image", "binary_image_resolved", "from_index", "from_index_resolved", "index_image",
        "index_image_resolved", "internal_index_image_copy", "internal_index_image_copy_resolved",
        "distribution_scope", "build_tags", "fbc_fragment", "fbc_fragment_resolved",
        "fbc_fragments", "fbc_fragments_resolved"}},
      {RequestType::add_deprecations,
       {"binary_image", "binary_image_resolved", "from_index", "from_index_resolved", "index_image",
        "index_image_resolved", "internal_index_image_copy", "internal_index_image_copy_resolved",
        "build_tags", "operator_package", "deprecation_schema_url"}},
  };
  REQUIRE(own.size() == 8);
  for (const auto& [type, names] : own) {
    CAPTURE(to_string(type));
    auto listed = common;
    listed.insert(names.begin(), names.end());
    auto verbose = listed;
    verbose.insert({"batch_annotations", "state_history", "logs"});

    CHECK(keys_of(written(sample(type), DocumentDetail::listed)) == listed);
    CHECK(keys_of(written(sample(type), DocumentDetail::verbose)) == verbose);
  }
}

TEST_CASE("values that are not known are null, lists and objects are empty", "[model][document]") {
  const auto add = written(sample(RequestType::add));
  CHECK(add["index_image"].IsNull());
  CHECK(add["check_related_images"].IsNull());
  CHECK(add["bundles"].Empty());
  CHECK(add["bundle_mapping"].ObjectEmpty());
  CHECK(add["omps_operator_version"].ObjectEmpty());
  CHECK(add["arches"].Empty());
  CHECK(add["batch_annotations"].IsNull());

  CHECK(written(sample(RequestType::create_empty_index))["labels"].IsNull());
  CHECK(written(sample(RequestType::regenerate_bundle))["bundle_replacements"].ObjectEmpty());
}

TEST_CASE("a finished add shows what was learned, in the order given", "[model][document]") {
  auto request = sample(RequestType::add);
  request.user.reset();
  request.arches = {"amd64", "s390x"};
  request.batch_annotations = R"({"ticket":["T-7"]})";
  request.facts.bundles = {"r/b:2", "r/b:1"};
  request.facts.build_tags = {"v2", "nightly"};
  request.facts.bundle_mapping = {{"otter", {"r/b:2"}}};
  request.facts.check_related_images = false;
  request.facts.omps_operator_version = R"({"otter":"1.0"})";
  request.history.insert(request.history.begin(), {EventId{2}, RequestState::complete, "done",
                                                   parse_iso8601("2031-05-05T10:11:12Z")});

  const auto json = written(request);

  CHECK(json["id"].GetInt() == 41);
  CHECK(json["batch"].GetInt() == 38);
  CHECK(json["user"].IsNull());
  CHECK(json["arches"][1] == "s390x");
  CHECK(json["bundles"][0] == "r/b:2");
  CHECK(json["build_tags"][0] == "nightly");
  CHECK(json["bundle_mapping"]["otter"][0] == "r/b:2");
  CHECK(json["check_related_images"].IsFalse());
  CHECK(json["omps_operator_version"]["otter"] == "1.0");
  CHECK(json["batch_annotations"]["ticket"][0] == "T-7");
  CHECK(json["state"] == "complete");
  CHECK(json["state_reason"] == "done");
  CHECK(json["updated"] == "2031-05-05T10:11:12.000000Z");
  REQUIRE(json["state_history"].Size() == 2);
  CHECK(json["state_history"][0]["updated"] == json["updated"]);
  CHECK(json["state_history"][1]["state_reason"] == kReason);
  CHECK(json["logs"]["url"] == "https://iib.example.com/api/v1/builds/41/logs");
  CHECK(json["logs"]["expiration"] == "2031-05-08T10:11:12.000000Z");
}

TEST_CASE("artifact links vanish with their storage", "[model][document]") {
  const DocumentOptions none{
      .base_url = {}, .logs_configured = false, .related_bundles_configured = false};
  const auto text = document(sample(RequestType::regenerate_bundle), none, DocumentDetail::verbose);

  CHECK(text.find("\"logs\"") == std::string::npos);
  CHECK(text.find("\"related_bundles\"") == std::string::npos);
}

TEST_CASE("fbc-operations shows the form it was created with", "[model][document]") {
  auto request = sample(RequestType::fbc_operations);
  request.facts.fbc_fragments = {"r/f:1"};
  request.facts.fbc_fragments_resolved = {"r/f@sha256:1"};

  SECTION("a list stays a list") {
    const auto json = written(request);
    CHECK(json["fbc_fragment"].IsNull());
    CHECK(json["fbc_fragment_resolved"].IsNull());
    CHECK(json["fbc_fragments"][0] == "r/f:1");
    CHECK(json["fbc_fragments_resolved"][0] == "r/f@sha256:1");
  }
  SECTION("a single one stays single") {
    request.facts.single_fragment_form = true;
    const auto json = written(request);
    CHECK(json["fbc_fragment"] == "r/f:1");
    CHECK(json["fbc_fragment_resolved"] == "r/f@sha256:1");
    CHECK(json["fbc_fragments"].Empty());
    CHECK(json["fbc_fragments_resolved"].Empty());
  }
}

TEST_CASE("a reason that is not UTF-8 still makes a valid document", "[model][document]") {
  const auto [name, bytes, shown] = GENERATE(table<std::string, std::string, std::string>({
      {"a stray continuation", "a\x80z", "a\xEF\xBF\xBDz"},
      {"an overlong slash", "\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"half a surrogate pair", "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"a cut character", "ok \xE2\x82", "ok \xEF\xBF\xBD\xEF\xBF\xBD"},
      {"four good bytes", "\xF0\x9F\x90\xA6", "\xF0\x9F\x90\xA6"},
  }));
  CAPTURE(name);
  auto request = sample(RequestType::rm);
  request.history.front().reason = bytes;

  CHECK(written(request)["state_reason"] == shown.c_str());
}

TEST_CASE("a batch is in progress, else failed, else complete", "[model][document]") {
  using S = RequestState;
  CHECK(batch_state(std::vector{S::complete, S::in_progress, S::failed}) == S::in_progress);
  CHECK(batch_state(std::vector{S::complete, S::failed}) == S::failed);
  CHECK(batch_state(std::vector{S::complete, S::complete}) == S::complete);
}

TEST_CASE("the message about a batch lists its requests", "[model][document]") {
  const BatchReport report{
      .batch = BatchId{7},
      .annotations = "{}",
      .state = RequestState::failed,
      .user = std::nullopt,
      .requests = {{RequestId{1}, RequestType::add, "acme"}, {RequestId{2}, RequestType::rm, {}}}};

  CHECK(batch_message(report) ==
        R"({"batch":7,"annotations":{},"state":"failed","user":null,"requests":[)"
        R"({"id":1,"organization":"acme","request_type":"add"},)"
        R"({"id":2,"organization":null,"request_type":"rm"}]})");
}

}  // namespace iib::model
