#include "iib/model/patch.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>

using namespace iib;
using namespace iib::model;

namespace {

constexpr std::string_view kImage = "registry.example.com/ns/name@sha256:12";

constexpr std::array kColumns{RequestType::add,
                              RequestType::rm,
                              RequestType::regenerate_bundle,
                              RequestType::merge_index_image,
                              RequestType::create_empty_index,
                              RequestType::recursive_related_bundles,
                              RequestType::fbc_operations,
                              RequestType::add_deprecations};

/// A row of the table of mutable keys, written as the specification has it: a letter per type (S
/// stored, i accepted without effect, a point refused), and a value that is good.
struct Row {
  std::string_view key;
  std::string_view types;  // A R G M E Q F D
  std::string_view value;
};

constexpr std::string_view kImageText = R"("registry.example.com/ns/name@sha256:12")";

constexpr std::array kRows{
    Row{"arches", "SSSSSSSS", R"(["s390x", "amd64"])"},
    Row{"binary_image", "SS.SS.SS", kImageText},
    Row{"binary_image_resolved", "SS.SS.SS", kImageText},
    Row{"from_index_resolved", "SS..S.SS", kImageText},
    Row{"index_image", "SS.SS.SS", kImageText},
    Row{"index_image_resolved", "SS..S.SS", kImageText},
    Row{"internal_index_image_copy", "SS....SS", kImageText},
    Row{"internal_index_image_copy_resolved", "SS....SS", kImageText},
    Row{"from_bundle_image_resolved", "iiS...ii", kImageText},
    Row{"bundle_image", "..S.....", kImageText},
    Row{"bundle_mapping", "S.......", R"({"otter": ["r/otter:1"]})"},
    Row{"bundles", "i.......", R"("anything")"},
    Row{"distribution_scope", "SS.SS.Si", R"("Stage")"},
    Row{"omps_operator_version", "S.......", R"("{\"v\": 1}")"},
    Row{"bundle_replacements", "..i.....", R"({"a": "b"})"},
    Row{"source_from_index_resolved", "...S....", kImageText},
    Row{"target_index_resolved", "...S....", kImageText},
    Row{"parent_bundle_image_resolved", ".....S..", kImageText},
    Row{"fbc_fragment", "......S.", kImageText},
    Row{"fbc_fragment_resolved", "......S.", kImageText},
    Row{"fbc_fragments_resolved", "......S.", R"(["r/f@sha256:1"])"},
    Row{"fbc_fragments", "......i.", R"("anything")"},
    // Refused for every type.
    Row{"id", "........", "5"},
    Row{"user", "........", R"("somebody")"},
    Row{"batch", "........", "5"},
    Row{"request_type", "........", R"("rm")"},
    Row{"updated", "........", R"("2031-05-04T10:11:12Z")"},
    Row{"state_history", "........", "[]"},
    Row{"from_index", "........", kImageText},
    Row{"from_bundle_image", "........", kImageText},
    Row{"organization", "........", R"("acme")"},
    Row{"removed_operators", "........", R"(["otter"])"},
    Row{"build_tags", "........", R"(["tag"])"},
    Row{"deprecation_list", "........", R"(["r/otter:1"])"},
    Row{"labels", "........", R"({"a": "b"})"},
    Row{"l", "........", R"("x")"},
    Row{"overwrite_from_index_token", "........", R"("user:password")"},
    Row{"Arches", "........", R"(["amd64"])"},
};

std::string body_of(std::string_view key, std::string_view value) {
  return fmt::format(R"({{"{}": {}}})", key, value);
}

Patch read(const std::string& body, RequestType type = RequestType::add) {
  return PatchBody{body}.for_type(type);
}

std::string error_of(const std::string& body, RequestType type = RequestType::add) {
  try {
    (void)read(body, type);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

/// Whether the patch would change anything.
bool changes(const Patch& patch) {
  const auto& facts = patch.learned.facts;
  for (const auto member :
       {&RequestFacts::binary_image, &RequestFacts::binary_image_resolved,
        &RequestFacts::from_index_resolved, &RequestFacts::index_image,
        &RequestFacts::index_image_resolved, &RequestFacts::internal_index_image_copy,
        &RequestFacts::internal_index_image_copy_resolved, &RequestFacts::bundle_image,
        &RequestFacts::from_bundle_image_resolved, &RequestFacts::source_from_index_resolved,
        &RequestFacts::target_index_resolved, &RequestFacts::parent_bundle_image_resolved,
        &RequestFacts::fbc_fragment, &RequestFacts::fbc_fragment_resolved,
        &RequestFacts::distribution_scope, &RequestFacts::omps_operator_version,
        &RequestFacts::bundle_replacements}) {
    if (facts.*member) return true;
  }
  return patch.state || !patch.learned.arches.empty() || !facts.bundle_mapping.empty() ||
         !facts.bundles.empty() || !facts.fbc_fragments.empty() || patch.fbc_fragments_resolved;
}

}  // namespace

TEST_CASE("which keys are mutable is as the table of the specification says", "[patch]") {
  for (const auto& row : kRows) {
    for (std::size_t column = 0; column < kColumns.size(); ++column) {
      const auto type = kColumns[column];
      CAPTURE(row.key, to_string(type));
      const auto body = body_of(row.key, row.value);
      const auto error = error_of(body, type);

      if (row.types[column] == '.') {
        CHECK_THAT(error, Catch::Contains(fmt::format("'{}'", row.key)));
        continue;
      }
      REQUIRE(error.empty());
      CHECK(changes(read(body, type)) == (row.types[column] == 'S'));
    }
  }
}

TEST_CASE("each image is kept where it belongs", "[patch]") {
  using Member = std::optional<std::string> RequestFacts::*;
  const auto [key, type, member] = GENERATE(table<const char*, RequestType, Member>(
      {{"binary_image", RequestType::add, &RequestFacts::binary_image},
       {"binary_image_resolved", RequestType::rm, &RequestFacts::binary_image_resolved},
       {"from_index_resolved", RequestType::add, &RequestFacts::from_index_resolved},
       {"index_image", RequestType::merge_index_image, &RequestFacts::index_image},
       {"index_image_resolved", RequestType::add, &RequestFacts::index_image_resolved},
       {"internal_index_image_copy", RequestType::add, &RequestFacts::internal_index_image_copy},
       {"internal_index_image_copy_resolved", RequestType::add,
        &RequestFacts::internal_index_image_copy_resolved},
       {"from_bundle_image_resolved", RequestType::regenerate_bundle,
        &RequestFacts::from_bundle_image_resolved},
       {"bundle_image", RequestType::regenerate_bundle, &RequestFacts::bundle_image},
       {"source_from_index_resolved", RequestType::merge_index_image,
        &RequestFacts::source_from_index_resolved},
       {"target_index_resolved", RequestType::merge_index_image,
        &RequestFacts::target_index_resolved},
       {"parent_bundle_image_resolved", RequestType::recursive_related_bundles,
        &RequestFacts::parent_bundle_image_resolved},
       {"fbc_fragment", RequestType::fbc_operations, &RequestFacts::fbc_fragment},
       {"fbc_fragment_resolved", RequestType::fbc_operations,
        &RequestFacts::fbc_fragment_resolved}}));
  CAPTURE(key);

  CHECK(read(body_of(key, kImageText), type).learned.facts.*member == kImage);
  CHECK_THAT(error_of(body_of(key, R"("no-tag")"), type),
             Catch::Contains(key) && Catch::Contains("tag or digest"));
}

TEST_CASE("a value that breaks its rule is refused and names its key", "[patch]") {
  const auto [key, type, value] = GENERATE(table<const char*, RequestType, const char*>({
      {"arches", RequestType::rm, R"("amd64")"},
      {"arches", RequestType::rm, R"(["amd64", ""])"},
      {"arches", RequestType::rm, R"(["amd64", 5])"},
      {"arches", RequestType::rm, "null"},
      {"arches", RequestType::rm, "false"},
      {"bundle_mapping", RequestType::add, R"(["otter"])"},
      {"bundle_mapping", RequestType::add, R"({"otter": "r/otter:1"})"},
      {"bundle_mapping", RequestType::add, R"({"otter": [5]})"},
      {"bundle_mapping", RequestType::add, R"({"otter": ["no-tag"]})"},
      {"bundle_mapping", RequestType::add, R"({"otter": [""]})"},
      {"bundle_mapping", RequestType::add, R"({"": ["r/otter:1"]})"},
      {"bundle_mapping", RequestType::add, "null"},
      {"bundles", RequestType::add, R"(["r/otter:1"])"},
      {"bundles", RequestType::add, R"("")"},
      {"fbc_fragments", RequestType::fbc_operations, R"(["r/otter:1"])"},
      {"fbc_fragments", RequestType::fbc_operations, R"("")"},
      {"bundle_replacements", RequestType::regenerate_bundle, R"("a=b")"},
      {"bundle_replacements", RequestType::regenerate_bundle, R"({"a": 5})"},
      {"bundle_replacements", RequestType::regenerate_bundle, "null"},
      {"fbc_fragments_resolved", RequestType::fbc_operations, R"("r/f:1")"},
      {"fbc_fragments_resolved", RequestType::fbc_operations, R"([{"a": 1}])"},
      {"fbc_fragments_resolved", RequestType::fbc_operations, R"(["no-tag"])"},
      {"fbc_fragments_resolved", RequestType::fbc_operations, "null"},
      {"omps_operator_version", RequestType::add, R"({"v": 1})"},
      {"omps_operator_version", RequestType::add, R"("")"},
      {"omps_operator_version", RequestType::add, R"("{broken")"},
      {"omps_operator_version", RequestType::add, R"("[1]")"},
      {"omps_operator_version", RequestType::add, R"("5")"},
      {"distribution_scope", RequestType::rm, R"("everywhere")"},
      {"distribution_scope", RequestType::rm, R"("")"},
      {"distribution_scope", RequestType::add_deprecations, R"("everywhere")"},
      {"index_image", RequestType::add, R"("")"},
      {"index_image", RequestType::add, "null"},
      {"index_image", RequestType::add, "5"},
      {"index_image", RequestType::add, R"(["r/i:1"])"},
      {"from_bundle_image_resolved", RequestType::add, R"("no-tag")"},
      {"state", RequestType::add, R"("")"},
      {"state", RequestType::add, "3"},
      {"state_reason", RequestType::add, R"("")"},
      {"state_reason", RequestType::add, "null"},
  }));
  CAPTURE(key, value);

  CHECK_THAT(error_of(body_of(key, value), type), Catch::Contains(key));
}

TEST_CASE("empty collections are no mistake", "[patch]") {
  CHECK(read(R"({"arches": []})").learned.arches.empty());
  CHECK(read(R"({"bundle_mapping": {"otter": []}})").learned.facts.bundle_mapping.size() == 1);
  CHECK(error_of(R"({"bundle_replacements": {}})", RequestType::regenerate_bundle).empty());
  CHECK(read(R"({"fbc_fragments_resolved": []})", RequestType::fbc_operations)
            .fbc_fragments_resolved == std::vector<std::string>{});
}

TEST_CASE("a state needs a reason, a reason needs a state", "[patch]") {
  CHECK_THAT(error_of(R"({"state": "failed"})"), Catch::Contains("'state_reason' is missing"));
  CHECK_THAT(error_of(R"({"state_reason": "x"})"), Catch::Contains("'state' is missing"));
  CHECK_THAT(
      error_of(R"({"state": "Failed", "state_reason": "x"})"),
      Catch::Contains("in_progress") && Catch::Contains("complete") && Catch::Contains("failed"));
  CHECK_FALSE(read(R"({"arches": ["amd64"]})").state.has_value());

  const auto patch = read(R"({"state": "failed", "state_reason": "no"})");
  REQUIRE(patch.state.has_value());
  CHECK(patch.state->state == RequestState::failed);
  CHECK(patch.state->reason == "no");
}

TEST_CASE("a scope is stored in lower case", "[patch]") {
  CHECK(read(R"({"distribution_scope": "PROD"})").learned.facts.distribution_scope == "prod");
}

TEST_CASE("naming the one fragment switches to the single form", "[patch]") {
  const auto type = RequestType::fbc_operations;
  CHECK(read(body_of("fbc_fragment", kImageText), type).learned.facts.single_fragment_form);
  CHECK_FALSE(
      read(body_of("fbc_fragment_resolved", kImageText), type).learned.facts.single_fragment_form);
}

TEST_CASE("a body that is no object with keys is refused before the type is known", "[patch]") {
  for (const auto* body : {"", "{", "[]", "null", "5", "\"text\"", "{}", "{} {}", "\xff"}) {
    CAPTURE(body);
    CHECK_THROWS_AS(PatchBody{body}, UserError);
  }
}

TEST_CASE("keys that do not belong are told before values that are wrong", "[patch]") {
  CHECK_THAT(error_of(R"({"index_image": 5, "labels": {}, "id": 1})"),
             Catch::Contains("'labels', 'id'") && !Catch::Contains("index_image"));
}

TEST_CASE("of a key given twice the last value counts", "[patch]") {
  CHECK(read(R"({"arches": 5, "arches": ["amd64"]})").learned.arches.size() == 1);
}
