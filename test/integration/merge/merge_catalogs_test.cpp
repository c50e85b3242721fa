#include "file_merge.hpp"
#include "fragments.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

// Merges of file-based indexes without a hidden database: all that their catalogs have counts
// (pipeline 6.5, S3), and nothing of it is lost.

namespace iib::test {
namespace {

using Texts = std::vector<std::string>;
using Catch::Matchers::Contains;

}  // namespace

TEST_CASE("catalogs without databases are merged package by package", "[merge][fbc]") {
  IIBD_NEEDS_TOOLS();
  FileMerge test{IIBD_EACH_IMAGE_ENGINE()};
  const auto source =
      test.without_database(test.make_files("v4.5", {test.otter1}, "wren"), "files/now", "v4.5");
  const auto next = test.make_files("v4.6", {test.heron1, test.heron2}, "tern");
  const auto target = test.without_database(next, "files/next", "v4.6");

  const auto document = test.merge(source, target);

  const Merged merged{test, document};
  CHECK(merged.files() == Texts{kHerons, kOtters, "tern/catalog.json", "wren/catalog.json"});
  CHECK_FALSE(std::filesystem::exists(merged.database()));
  CHECK(merged.read(kHerons) == ServedIndex(test.site().registry(), next).read(kHerons));
  const Merged again{test, test.merge(source, target)};
  CHECK(again.image().layers == merged.image().layers);
}

TEST_CASE("a catalog without database merges with one that has it", "[merge][fbc]") {
  IIBD_NEEDS_TOOLS();
  FileMerge test{"embedded"};
  const auto now = test.make_files("v4.5", {test.otter1, test.heron1}, "wren");
  const auto next =
      test.make_files("v4.6", {test.otter1, test.otter2, test.heron1, test.heron2}, "tern");
  const Texts all{kHerons, kOtters, "tern/catalog.json", "wren/catalog.json"};

  SECTION("whose packages get what it has more") {
    const Merged merged{test, test.merge(now, test.without_database(next, "files/next", "v4.6"))};

    CHECK(merged.files() == all);
    CHECK(merged.database_bundles() == Texts{"heron-operator.v1.0.0", "heron-operator.v1.1.0",
                                             "otter-operator.v0.1.0", "otter-operator.v0.2.0"});
    CHECK_THAT(merged.read(kOtters), Contains("otter-operator.v0.2.0"));
    CHECK_THAT(test.daemon().log(), !Contains("as source_from_index has it"));
  }
  SECTION("but gets no bundles itself, which the reason says with the remedy") {
    const auto document = test.merge(test.without_database(now, "files/now", "v4.5"), next);

    CHECK(text_of(document, "state") == "failed");
    CHECK_THAT(text_of(document, "state_reason"),
               Contains(kOtter) && Contains(kHeron) && Contains("fbc-operations"));
    const auto id = std::to_string(document["id"].GetInt64());
    CHECK(test.site().registry().manifest("iib-build", id).empty());
  }
}

}  // namespace iib::test
