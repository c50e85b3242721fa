// Requests on file-based indexes that must fail: each by name, with what to do, and with nothing
// pushed.

#include "fragments.hpp"
#include "index_image.hpp"
#include "refusing.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

using Catch::Matchers::Contains;

std::string many_blobs() {
  std::string blobs = package_blobs("many", "1.0.0");
  for (int i = 0; i < 50'000; ++i) blobs += "{\"schema\":\"example.other\"}\n";
  return blobs;
}

}  // namespace

TEST_CASE("a bad fragment fails the request by name, and nothing is pushed", "[fbc]") {
  IIBD_NEEDS_TOOLS();
  Refusing test{IIBD_EACH_IMAGE_ENGINE()};
  const auto image = [&](const std::string& name, std::vector<TarEntry> entries) {
    return test.site.push_image(name, {.layers = {std::move(entries)}, .labels = {}});
  };

  CHECK_THAT(test.refused_fragment(test.database_index),
             Contains(test.database_index) && Contains("SQLite") && Contains("/configs"));
  const auto other = image("other", {{.path = "etc/motd", .content = "hello"}});
  CHECK_THAT(test.refused_fragment(other),
             Contains(other) && Contains("has no directory /configs"));
  const auto plain = image(
      "plain", {{.path = "configs/catalog.json", .content = package_blobs("plain", "1.0.0")}});
  CHECK_THAT(test.refused_fragment(plain), Contains(plain) && Contains("catalog.json"));
  const auto empty =
      image("empty", {{.path = "configs", .content = {}, .type = TarEntry::Type::directory}});
  CHECK_THAT(test.refused_fragment(empty), Contains(empty));
  const auto many = test.push_fragment("many", many_blobs());
  CHECK_THAT(test.refused_fragment(many), Contains(many) && Contains("many/catalog.json") &&
                                              Contains("blob 40001") && Contains("40000"));
  const auto headless = test.push_fragment(
      "headless", R"({"schema": "olm.package", "name": "headless", "defaultChannel": "stable"})");
  CHECK_THAT(test.refused_fragment(headless),
             Contains("headless/catalog.json") && Contains("headless"));
  const auto broken = test.push_fragment("broken", "{\"schema\": \"olm.package\",");
  CHECK_THAT(test.refused_fragment(broken), Contains("broken/catalog.json"));
  const auto missing = test.site.pull_spec("nobody:v1");
  CHECK_THAT(test.refused_fragment(missing), Contains(missing));
}

TEST_CASE("an index that does not fit the request fails it by name, and nothing is pushed",
          "[fbc]") {
  IIBD_NEEDS_TOOLS();
  Refusing test{IIBD_EACH_IMAGE_ENGINE()};
  const auto fragment = test.push_fragment("wren", package_blobs("wren", "1.0.0"));
  const auto wren = fmt::format(R"("fbc_fragments": ["{}"])", fragment);
  const auto on_otter = [](const std::string& schema, const std::string& package) {
    return fmt::format(R"("operator_package": "otter", "deprecation_schema":
        "{{\"schema\": \"{}\", \"package\": \"{}\", \"entries\": []}}")",
                       schema, package);
  };

  CHECK_THAT(test.refused("fbc-operations", test.database_index, wren),
             Contains(test.database_index) && Contains("no file-based catalog"));
  CHECK_THAT(test.refused("create-empty-index", test.index, R"("output_fbc": false)"),
             Contains(test.index) && Contains("output_fbc"));
  CHECK_THAT(test.refused("add-deprecations", test.index, on_otter("olm.deprecations", "tern")),
             Contains("tern") && Contains("otter"));
  CHECK(test.history.size() == 2);  // accepted, failed: nothing was pulled
  CHECK_THAT(test.refused("add-deprecations", test.index, on_otter("olm.bundle", "otter")),
             Contains("olm.deprecations"));
  CHECK(test.history.size() == 2);
  CHECK_THAT(test.refused("add-deprecations", test.index, on_otter("olm.deprecations", "otter")),
             Contains("otter") && Contains("database"));
  REQUIRE(test.history.size() > 2);
  CHECK(test.history[1] == "Resolving the images");

  // Label and contents disagree.
  const auto elsewhere = test.push_index("elsewhere", "etc/motd", "hello");
  CHECK_THAT(test.refused("fbc-operations", elsewhere, wren),
             Contains("has no directory /configs") && Contains(kConfigsLabel));
  const auto file = test.push_index("file", "configs", "SQLite format 3");
  CHECK_THAT(test.refused("fbc-operations", file, wren), Contains("has no directory /configs"));
  const auto whole = test.push_index("whole", "tern/catalog.json", "{}", "/");
  CHECK_THAT(test.refused("fbc-operations", whole, wren), Contains("the whole image"));
  const auto invalid = test.push_index("invalid", "configs/tern/catalog.json", "{\"a\": 1}");
  CHECK_THAT(test.refused("fbc-operations", invalid, wren), Contains("tern/catalog.json"));
}

TEST_CASE("an empty index with a database is made of one with packages, with labels of its own",
          "[fbc]") {
  IIBD_NEEDS_TOOLS();
  Refusing test{IIBD_EACH_IMAGE_ENGINE()};

  const auto empty = build_index(
      test.daemon, "create-empty-index",
      fmt::format(R"({{"from_index": "{}", "binary_image": "{}", "labels": {{"colour": "blue"}}}})",
                  test.database_index, test.site.base()));

  CHECK(bundles_of(test.site.registry(), empty).empty());
  const auto index = read_index(test.site.registry(), empty);
  const auto& labels = index.images.front().config["config"]["Labels"];
  CHECK(text_of(labels, "colour") == "blue");
  CHECK(text_of(labels, kDatabaseLabel) == "/database/index.db");
}

TEST_CASE("a bundle of a package that only the catalog has is refused by the package's name",
          "[fbc]") {
  IIBD_NEEDS_TOOLS();
  Refusing test{IIBD_EACH_IMAGE_ENGINE()};
  const auto otters = test.push_index("otters", "configs/otter-operator/catalog.json",
                                      package_blobs("otter-operator", "0.0.1"));
  const auto bundle = test.site.push_bundle("otter-operator", "0.1.0");

  const auto reason = test.refused("add", test.site.add_body({bundle}, {.from_index = otters}));

  CHECK_THAT(reason, Contains("otter-operator") && Contains("fbc-operations"));
}

}  // namespace iib::test
