#include "store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using model::RequestFacts;
using model::RequestType;

namespace {

/// A request of each type with all that its type can have (rest-api 4.2).
RequestFacts full_facts(RequestType type) {
  RequestFacts facts;
  facts.binary_image = "r/binary:1";
  facts.binary_image_resolved = "r/binary@sha256:1";
  facts.distribution_scope = "stage";
  facts.build_tags = {"nightly", "Zulu", "alpha"};
  switch (type) {
    case RequestType::generic:
      break;
    case RequestType::add:
      facts.bundles = {"r/z:1", "r/a:1", "r/m:1"};
      facts.deprecation_list = {"r/old:2", "r/old:1"};
      facts.organization = "acme";
      facts.graph_update_mode = "semver";
      facts.check_related_images = false;
      facts.omps_operator_version = R"({"heron":"1.0"})";
      break;
    case RequestType::rm:
      facts.from_index = "r/index:1";
      facts.from_index_resolved = "r/index@sha256:1";
      facts.index_image = "r/built:1";
      facts.index_image_resolved = "r/built@sha256:1";
      facts.internal_index_image_copy = "r/copy:1";
      facts.internal_index_image_copy_resolved = "r/copy@sha256:1";
      facts.removed_operators = {"otter", "heron"};
      break;
    case RequestType::regenerate_bundle:
      facts.from_bundle_image = "r/bundle:1";
      facts.from_bundle_image_resolved = "r/bundle@sha256:1";
      facts.bundle_image = "r/regenerated:1";
      facts.bundle_replacements = R"({"r/a:1":"r/b:1"})";
      facts.organization = "acme";
      break;
    case RequestType::merge_index_image:
      facts.source_from_index = "r/index:1";
      facts.source_from_index_resolved = "r/index@sha256:1";
      facts.target_index = "r/index:2";
      facts.target_index_resolved = "r/index@sha256:2";
      facts.index_image = "r/built:1";
      facts.ignore_bundle_ocp_version = true;
      break;
    case RequestType::create_empty_index:
      facts.from_index = "r/index:1";
      facts.labels = R"({"version":"v1"})";
      break;
    case RequestType::recursive_related_bundles:
      facts.parent_bundle_image = "r/parent:1";
      facts.parent_bundle_image_resolved = "r/parent@sha256:1";
      facts.organization = "acme";
      break;
    case RequestType::fbc_operations:
      facts.from_index = "r/index:1";
      facts.fbc_fragment = "r/fragment:1";
      facts.fbc_fragment_resolved = "r/fragment@sha256:1";
      facts.fbc_fragments = {"r/fragment:1"};
      facts.fbc_fragments_resolved = {"r/fragment@sha256:1"};
      facts.single_fragment_form = true;
      break;
    case RequestType::add_deprecations:
      facts.from_index = "r/index:1";
      facts.operator_package = "heron";
      facts.deprecation_schema = "{\"schema\":  \"olm.deprecations\"}\n";
      break;
  }
  return facts;
}

void check_equal(const RequestFacts& stored, const RequestFacts& given) {
  CHECK(stored.binary_image == given.binary_image);
  CHECK(stored.binary_image_resolved == given.binary_image_resolved);
  CHECK(stored.from_index == given.from_index);
  CHECK(stored.from_index_resolved == given.from_index_resolved);
  CHECK(stored.index_image == given.index_image);
  CHECK(stored.index_image_resolved == given.index_image_resolved);
  CHECK(stored.internal_index_image_copy == given.internal_index_image_copy);
  CHECK(stored.internal_index_image_copy_resolved == given.internal_index_image_copy_resolved);
  CHECK(stored.bundle_image == given.bundle_image);
  CHECK(stored.from_bundle_image == given.from_bundle_image);
  CHECK(stored.from_bundle_image_resolved == given.from_bundle_image_resolved);
  CHECK(stored.source_from_index == given.source_from_index);
  CHECK(stored.source_from_index_resolved == given.source_from_index_resolved);
  CHECK(stored.target_index == given.target_index);
  CHECK(stored.target_index_resolved == given.target_index_resolved);
  CHECK(stored.parent_bundle_image == given.parent_bundle_image);
  CHECK(stored.parent_bundle_image_resolved == given.parent_bundle_image_resolved);
  CHECK(stored.fbc_fragment == given.fbc_fragment);
  CHECK(stored.fbc_fragment_resolved == given.fbc_fragment_resolved);
  CHECK(stored.bundles == given.bundles);
  CHECK(stored.deprecation_list == given.deprecation_list);
  CHECK(stored.fbc_fragments == given.fbc_fragments);
  CHECK(stored.fbc_fragments_resolved == given.fbc_fragments_resolved);
  CHECK(stored.removed_operators == given.removed_operators);
  CHECK(stored.organization == given.organization);
  CHECK(stored.distribution_scope == given.distribution_scope);
  CHECK(stored.graph_update_mode == given.graph_update_mode);
  CHECK(stored.operator_package == given.operator_package);
  CHECK(stored.check_related_images == given.check_related_images);
  CHECK(stored.ignore_bundle_ocp_version == given.ignore_bundle_ocp_version);
  CHECK(stored.omps_operator_version == given.omps_operator_version);
  CHECK(stored.bundle_replacements == given.bundle_replacements);
  CHECK(stored.labels == given.labels);
  CHECK(stored.deprecation_schema == given.deprecation_schema);
  CHECK(stored.single_fragment_form == given.single_fragment_form);
}

}  // namespace

TEST_CASE("every type keeps all that it was given, lists in their order", "[store]") {
  StateDir state;
  const auto store = state.open();

  for (int number = 1; number <= 8; ++number) {
    const auto type = static_cast<RequestType>(number);
    CAPTURE(to_string(type));
    model::NewRequest request;
    request.type = type;
    request.facts = full_facts(type);
    request.queue = "iib";

    const auto id = submit(*store, batch_of(std::move(request))).id;

    const auto stored = store->find(id);
    REQUIRE(stored.has_value());
    CHECK(stored->type == type);
    check_equal(stored->facts, full_facts(type));
    CHECK(stored->facts.build_tags == std::vector<std::string>{"Zulu", "alpha", "nightly"});
  }
}

TEST_CASE("an anonymous request has no user, and may have no index", "[store]") {
  StateDir state;
  const auto store = state.open();
  auto batch = batch_of(new_request());
  batch.user.reset();
  batch.requests.front().facts.from_index.reset();

  const auto id = submit(*store, std::move(batch)).id;

  CHECK_FALSE(store->find(id)->user.has_value());
  CHECK_FALSE(store->find(id)->facts.from_index.has_value());
}

TEST_CASE("one deprecation schema given twice is stored once", "[store]") {
  StateDir state;
  const auto store = state.open();
  auto first = new_request({.type = RequestType::add_deprecations});
  first.facts.operator_package = "heron";
  first.facts.deprecation_schema = "{}";
  auto second = new_request({.type = RequestType::add_deprecations});
  second.facts = first.facts;
  submit(*store, batch_of(std::move(first), std::move(second)));

  SQLite::Database database{state.database().string()};
  CHECK(database.execAndGet("SELECT count(*) FROM deprecation_schema").getInt() == 1);
}

TEST_CASE("texts come back byte for byte, whatever they hold", "[store]") {
  StateDir state;
  const auto store = state.open();
  auto request = new_request();
  const std::string odd{"o'\"--;\0\xc3\xa9 \xf0\x9f\xa6\xa6", 14};
  request.facts.organization = odd;
  auto batch = batch_of(std::move(request));
  batch.user = odd;

  const auto id = submit(*store, std::move(batch)).id;

  CHECK(store->find(id)->facts.organization == odd);
  CHECK(store->list({.user = odd}, 1, 1, Detail::latest_state).total == 1);
}
