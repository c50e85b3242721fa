#include "merge_site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

using Texts = std::vector<std::string>;
using Catch::Matchers::Contains;

/// Version 4.5 of an index, and version 4.6 with more bundles.
struct Merge : MergeSite {
  using MergeSite::MergeSite;

  std::string otter1 = push_bundle(kOtter, "0.1.0", "v4.5");
  std::string otter2 = push_bundle(kOtter, "0.2.0", "v4.5,v4.6");
  std::string otter3 = push_bundle(kOtter, "0.3.0", "v4.6");
  std::string heron1 = push_bundle(kHeron, "1.0.0", "=v4.5");
  std::string heron2 = push_bundle(kHeron, "1.1.0", ">=v4.7|=v4.6");
  std::string source = make_index({otter1, heron1});
  std::string target =
      push_index(make_index({otter1, otter2, otter3, heron1, heron2}), "catalog/next", "v4.6");
};

}  // namespace

TEST_CASE("a merge has what the source has and what the source lacks of the target", "[merge]") {
  IIBD_NEEDS_TOOLS();
  Merge test{IIBD_EACH_IMAGE_ENGINE()};
  auto& registry = test.site().registry();

  const auto document = test.merge(
      test.source, test.target,
      fmt::format(R"(,"deprecation_list":["{}","{}","{}"],"build_tags":["merged"])", test.otter1,
                  test.otter2, test.site().push_bundle("otter-operator", "0.1.0")));

  INFO(io::to_json(document));
  REQUIRE(text_of(document, "state") == "complete");
  const auto result = text_of(document, "index_image");
  // heron 1.0.0 is for 4.5 alone, otter 0.2.0 is the highest of the list: nothing is below them.
  CHECK(bundles_of(registry, result) == Texts{"heron-operator.v1.0.0", "heron-operator.v1.1.0",
                                              "otter-operator.v0.2.0", "otter-operator.v0.3.0"});
  CHECK(test.deprecated_of(result) == Texts{"heron-operator.v1.0.0", "otter-operator.v0.2.0"});
  const auto labels = test.labels_of(result);
  CHECK(labels.at("com.redhat.index.delivery.version") == "v4.6");
  CHECK(labels.at("com.redhat.index.delivery.distribution_scope") == "prod");
  CHECK_FALSE(registry.manifest("iib-build", "merged").empty());

  CHECK(texts_of(document, "arches") == Texts{"amd64"});
  CHECK(text_of(document, "distribution_scope") == "prod");
  CHECK_THAT(text_of(document, "source_from_index_resolved"), Contains("iib-build@sha256:"));
  CHECK_THAT(text_of(document, "target_index_resolved"), Contains("catalog/next@sha256:"));
  CHECK_THAT(text_of(document, "binary_image_resolved"), Contains("base@sha256:"));
  const auto history = history_of(document);
  REQUIRE(history.size() == 7);
  CHECK(Texts{history.begin() + 1, history.end()} ==
        Texts{"Resolving the images", "Building the index image for the architectures: amd64",
              "Getting the bundles of both indexes",
              "Adding the bundles that source_from_index lacks", "Deprecating bundles",
              "The merged index image was pushed with 3 bundles that source_from_index lacked"});
}

TEST_CASE("a merge is put over its target with the target's token", "[merge]") {
  IIBD_NEEDS_TOOLS();
  Merge test{IIBD_EACH_IMAGE_ENGINE()};

  const auto document =
      test.merge(test.source, test.target,
                 R"(,"overwrite_target_index":true,"overwrite_target_index_token":"tern:plumage")");

  INFO(io::to_json(document));
  REQUIRE(text_of(document, "state") == "complete");
  CHECK(text_of(document, "index_image") == test.target);
  const auto id = document["id"].GetInt64();
  CHECK(test.site().registry().manifest("catalog/next", "latest") ==
        test.site().registry().manifest("iib-build", std::to_string(id)));
  CHECK(test.deprecated_of(test.target) == Texts{"heron-operator.v1.0.0"});
  CHECK_THAT(history_of(document)[6],
             Catch::StartsWith("Overwriting the index image " + test.target));
  CHECK_THAT(test.daemon().log(), !Contains("plumage"));

  // Once more: the target lacks nothing, and its bundles are deprecated already.
  const auto again = test.merge(test.target, test.target);
  INFO(io::to_json(again));
  REQUIRE(text_of(again, "state") == "complete");
  CHECK_THAT(text_of(again, "state_reason"), Contains("with 0 bundles"));
  CHECK(test.deprecated_of(text_of(again, "index_image")) == Texts{"heron-operator.v1.0.0"});
}

TEST_CASE("without a target the source is made fit for 4.6", "[merge]") {
  IIBD_NEEDS_TOOLS();
  Merge test{"embedded"};

  const auto document = test.merge(test.source, "");

  INFO(io::to_json(document));
  REQUIRE(text_of(document, "state") == "complete");
  CHECK(document["target_index_resolved"].IsNull());
  const auto result = text_of(document, "index_image");
  CHECK(test.labels_of(result).at("com.redhat.index.delivery.version") == "v4.6");
  // heron 1.0.0, the only one of its package, is for 4.5 alone: the package goes.
  CHECK(bundles_of(test.site().registry(), result) == Texts{"otter-operator.v0.1.0"});
}

TEST_CASE("a bundle may lack the label where the configuration lets it", "[merge]") {
  IIBD_NEEDS_TOOLS();
  MergeSite test{"embedded",
                 "iib_no_ocp_label_allow_list: [tern]\niib_trusted_proxies: [127.0.0.1]\n"};
  const auto bare = test.push_bundle(kHeron, "1.0.0", "");
  const auto source = test.make_index({test.push_bundle(kOtter, "0.1.0", "v4.5")});
  const auto target = test.push_index(test.make_index({bare}), "catalog/next", "v4.6");
  const auto merged = [&](const std::string& user, const std::string& more) {
    const auto body =
        fmt::format(R"({{"source_from_index":"{}","target_index":"{}","binary_image":"{}"{}}})",
                    source, target, test.site().base(), more);
    const auto answer = test.daemon().post("/api/v1/builds/merge-index-image", body, user);
    REQUIRE(answer.status == 201);
    const auto document = test.daemon().wait_final(answer.json["id"].GetInt64());
    INFO(io::to_json(document));
    REQUIRE(text_of(document, "state") == "complete");
    return bundles_of(test.site().registry(), text_of(document, "index_image"));
  };
  const Texts without{"otter-operator.v0.1.0"};
  constexpr auto kIgnore = R"(,"ignore_bundle_ocp_version":true)";

  CHECK(merged("tern", kIgnore) == Texts{"heron-operator.v1.0.0", "otter-operator.v0.1.0"});
  CHECK(merged("heron", kIgnore) == without);
  CHECK(merged("tern", "") == without);
}

}  // namespace iib::test
