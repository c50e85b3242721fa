// The daemon dies during requests on file-based indexes: after its return they end with the index
// that they make when nobody dies.

#include "file_site.hpp"
#include "fragments.hpp"
#include "served_index.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace iib::test {
namespace {

using Texts = std::vector<std::string>;

/// A request to the registry during which the daemon dies. Layers are uploaded once only, for they
/// are the same each time.
struct Moment {
  std::string method;  ///< Any when empty.
  std::string path;
};

/// What makes an index the same: the layers of its image, and what is served of it.
struct Result {
  Texts layers;
  Texts files;
  Texts database;
};

Result result_of(FileSite& test, const io::JsonDocument& document) {
  INFO(io::to_json(document));
  REQUIRE(text_of(document, "state") == "complete");
  const ServedIndex served{test.site.registry(), text_of(document, "index_image")};
  CHECK(served.check().state == catalog::fbc::CacheState::up_to_date);
  return {served.image().layers, served.files(), served.database_bundles()};
}

/// Builds once for each of `moments` with a death, twice without, and compares.
Result build_in_all_ways(FileSite& test, const std::string& type, const std::string& body,
                         const std::vector<Moment>& moments) {
  std::vector<std::pair<std::string, Result>> disturbed;
  for (const auto& [method, path] : moments) {
    CAPTURE(method, path);
    const auto document = test.build_with_death(type, body, method, path);
    const auto history = history_of(document);
    CHECK(std::ranges::any_of(history, [](const std::string& reason) {
      return Catch::contains(reason, "began again after the daemon died, try 2 of 3");
    }));
    disturbed.emplace_back(path, result_of(test, document));
  }
  auto expected = result_of(test, build(test.daemon, type, body));
  disturbed.emplace_back("again", result_of(test, build(test.daemon, type, body)));
  for (const auto& [when, result] : disturbed) {
    CAPTURE(when);
    CHECK(result.layers == expected.layers);
    CHECK(result.files == expected.files);
    CHECK(result.database == expected.database);
  }
  return expected;
}

}  // namespace

TEST_CASE("a daemon killed while it takes fragments makes the same index after its return",
          "[fbc][death]") {
  IIBD_NEEDS_TOOLS();
  FileSite test;
  const auto from = test.make_index(
      "v4.5",
      {test.push_bundle("otter-operator", "0.1.0"), test.push_bundle("heron-operator", "1.0.0")},
      {test.push_fragment("tern", "1.0.0")});
  const auto body = test.fragments_body(
      from, {test.push_fragment("wren", "1.0.0"), test.push_fragment("otter-operator", "9.0.0")});

  const auto result = build_in_all_ways(test, "fbc-operations", body,
                                        {{"POST", "/v2/iib-build/blobs/uploads/"},
                                         {"", "/v2/fragment-wren-1.0.0/manifests/"},
                                         {"PUT", "/v2/iib-build/manifests/"}});

  CHECK(result.files == Texts{"heron-operator/catalog.json", "otter-operator/catalog.json",
                              "tern/catalog.json", "wren/catalog.json"});
  CHECK(result.database == Texts{"heron-operator.v1.0.0"});
}

TEST_CASE("a daemon killed while it merges file-based indexes makes the same one after its return",
          "[fbc][merge][death]") {
  IIBD_NEEDS_TOOLS();
  FileSite test;
  const auto otter = test.push_bundle("otter-operator", "0.1.0");
  const auto heron = test.push_bundle("heron-operator", "1.0.0", "=v4.5");
  const auto source =
      test.make_index("v4.5", {otter, heron}, {test.push_fragment("tern", "1.0.0")});
  const auto target = test.make_index("v4.6",
                                      {otter, test.push_bundle("otter-operator", "0.2.0"), heron,
                                       test.push_bundle("heron-operator", "1.1.0")},
                                      {test.push_fragment("wren", "1.0.0")});

  const auto result = build_in_all_ways(
      test, "merge-index-image",
      fmt::format(R"({{"source_from_index":"{}","target_index":"{}","binary_image":"{}"}})", source,
                  target, test.site.base()),
      {{"POST", "/v2/iib-build/blobs/uploads/"}, {"PUT", "/v2/iib-build/manifests/"}});

  CHECK(result.files == Texts{"heron-operator/catalog.json", "otter-operator/catalog.json",
                              "tern/catalog.json", "wren/catalog.json"});
  CHECK(result.database == Texts{"heron-operator.v1.0.0", "heron-operator.v1.1.0",
                                 "otter-operator.v0.1.0", "otter-operator.v0.2.0"});
}

}  // namespace iib::test
