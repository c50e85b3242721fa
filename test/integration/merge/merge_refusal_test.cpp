#include "merge_site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

using Catch::Matchers::Contains;

constexpr auto kConfigsLabel = "operators.operatorframework.io.index.configs.v1";
constexpr auto kVersionLabel = "com.redhat.index.delivery.version";

/// The reason why a merge failed; nothing was pushed.
std::string refused(MergeSite& test, const std::string& source, const std::string& target,
                    const std::string& more = {}) {
  const auto document = test.merge(source, target, more);
  INFO(io::to_json(document));
  CHECK(text_of(document, "state") == "failed");
  const auto id = std::to_string(document["id"].GetInt64());
  CHECK(test.site().registry().manifest("iib-build", id).empty());
  CHECK(test.site().registry().manifest("iib-build", id + "-amd64").empty());
  return text_of(document, "state_reason");
}

}  // namespace

TEST_CASE("what cannot be merged is refused by name, and nothing is pushed", "[merge]") {
  IIBD_NEEDS_TOOLS();
  MergeSite test{"embedded"};
  const auto first = test.push_bundle(kOtter, "0.1.0", "v4.5");
  const auto source = test.make_index({first});
  const auto both = test.make_index({first, test.push_bundle(kOtter, "0.2.0", "v4.6")});
  const auto target = test.push_index(both, "catalog/next", "v4.6");

  const auto files =
      test.push_index(source, "catalog/files", "", "", {{kConfigsLabel, "/configs"}});
  CHECK_THAT(refused(test, files, target),
             Contains(files) && Contains(target) && Contains("file-based"));

  const auto strange = test.push_index(both, "catalog/strange", "latest");
  CHECK_THAT(refused(test, source, strange),
             Contains("target_index") && Contains(kVersionLabel) && Contains("latest"));

  const auto tagged = test.push_index(both, "catalog/tagged", "v4.6",
                                      "UPDATE operatorbundle SET bundlepath = 'r.example.com/o:2' "
                                      "WHERE name = 'otter-operator.v0.2.0'");
  CHECK_THAT(refused(test, source, tagged),
             Contains("target_index " + tagged) && Contains("otter-operator.v0.2.0") &&
                 Contains("r.example.com/o:2") && Contains("digest"));
  CHECK_THAT(refused(test, tagged, target), Contains("source_from_index " + tagged));

  const auto gone =
      test.push_index(both, "catalog/gone", "v4.6",
                      fmt::format("UPDATE operatorbundle SET bundlepath = '{}/none@sha256:{}' "
                                  "WHERE name = 'otter-operator.v0.2.0'",
                                  test.site().registry().address(), std::string(64, '0')));
  CHECK_THAT(refused(test, source, gone), Contains("/none@sha256:000"));

  const auto dev = test.push_index(both, "catalog/dev", "v4.6", "",
                                   {{"com.redhat.index.delivery.distribution_scope", "dev"}});
  CHECK_THAT(refused(test, source, dev, R"(,"distribution_scope":"stage")"),
             Contains("distribution_scope cannot be stage"));

  CHECK_THAT(refused(test, test.site().base(), target),
             Contains("no index image") && Contains("base@sha256:"));
  CHECK_THAT(refused(test, source, test.site().pull_spec("catalog/none:v1")),
             Contains("target_index") && Contains("catalog/none:v1"));
  CHECK_THAT(refused(test, source, target, R"(,"deprecation_list":["r.example.com/x@sha256:12"])"),
             Contains("deprecation_list") && Contains("r.example.com/x"));
  CHECK_THAT(refused(test, source, target,
                     R"(,"overwrite_target_index":true,"overwrite_target_index_token":"token")"),
             Contains("overwrite_target_index_token") && Contains("user:password"));
}

TEST_CASE("a bundle without a version cannot be deprecated by a merge", "[merge]") {
  IIBD_NEEDS_TOOLS();
  MergeSite test{"embedded"};
  const auto bundle = test.push_bundle(kOtter, "0.1.0", "v4.5");
  const auto source = test.push_index(test.make_index({bundle}), "catalog/old", "v4.5",
                                      "UPDATE operatorbundle SET version = NULL");

  CHECK_THAT(refused(test, source, "", fmt::format(R"(,"deprecation_list":["{}"])", bundle)),
             Contains("otter-operator.v0.1.0") && Contains("semantic version"));
}

}  // namespace iib::test
