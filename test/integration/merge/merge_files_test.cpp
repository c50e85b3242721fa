#include "file_merge.hpp"
#include "fragments.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>

// Merges of indexes with file-based catalogs.

namespace iib::test {
namespace {

namespace fs = std::filesystem;

using Texts = std::vector<std::string>;
using Catch::Matchers::Contains;

constexpr auto kVersionLabel = "com.redhat.index.delivery.version";
constexpr auto kDeprecations = "_operator-deprecations-content/otter-operator/otter-operator.json";

}  // namespace

TEST_CASE("file-based indexes are merged, and what only their catalogs have is kept",
          "[merge][fbc]") {
  IIBD_NEEDS_TOOLS();
  FileMerge test{IIBD_EACH_IMAGE_ENGINE()};
  const auto source = test.make_files("v4.5", {test.otter1, test.heron1}, "wren");
  const auto more =
      test.make_files("v4.6", {test.otter1, test.otter2, test.heron1, test.heron2}, "tern");
  const auto target = test.make(
      "add-deprecations", more,
      R"(,"operator_package":"otter-operator","deprecation_schema":"{\"schema\":)"
      R"(\"olm.deprecations\",\"package\":\"otter-operator\",\"entries\":[{\"message\":\"old\",)"
      R"(\"reference\":{\"schema\":\"olm.bundle\",\"name\":\"otter-operator.v0.1.0\"}}]}")");

  const Merged merged{test, test.merge(source, target)};
  CHECK(merged.files() ==
        Texts{kDeprecations, kHerons, kOtters, "tern/catalog.json", "wren/catalog.json"});
  CHECK(merged.read("wren/catalog.json") == package_blobs("wren", "1.0.0"));
  CHECK(merged.read("tern/catalog.json") == package_blobs("tern", "1.0.0"));
  CHECK(merged.database_bundles() == Texts{"heron-operator.v1.0.0", "heron-operator.v1.1.0",
                                           "otter-operator.v0.1.0", "otter-operator.v0.2.0"});
  // Deprecated, and so not in the catalog.
  CHECK_THAT(merged.read(kHerons),
             !Contains("\"name\": \"heron-operator.v1.0.0\",\n    \"package\"") &&
                 Contains("heron-operator.v1.1.0"));
  CHECK_THAT(merged.read(kOtters), Contains("otter-operator.v0.2.0"));

  // Again, over the target: the deprecated bundle is not taken for a missing one.
  REQUIRE(put_over(test.site(), target, test.site().pull_spec("catalog/next:v1")));
  REQUIRE(put_over(test.site(), test.site().pull_spec("iib-build:1"),
                   test.site().pull_spec("catalog/first:v1")));
  const auto over =
      test.merge(source, test.site().pull_spec("catalog/next:v1"),
                 R"(,"overwrite_target_index":true,"overwrite_target_index_token":"tern:plumage")");
  CHECK(Merged(test, over).files() == merged.files());
  const auto again = test.merge(test.site().pull_spec("catalog/next:v1"), target);
  CHECK(Merged(test, again).files() == merged.files());
  CHECK_THAT(text_of(again, "state_reason"), Contains("with 0 bundles"));
}

TEST_CASE("a database is merged into files, and files into no database", "[merge][fbc]") {
  IIBD_NEEDS_TOOLS();
  FileMerge test{IIBD_EACH_IMAGE_ENGINE()};
  const auto files = test.make_files("v4.6", {test.otter1, test.heron1, test.heron2}, "tern");

  const Merged index{test, test.merge(test.database, files)};
  CHECK(index.files() == Texts{kHerons, kOtters, "tern/catalog.json"});
  CHECK(index.database_bundles() ==
        Texts{"heron-operator.v1.0.0", "heron-operator.v1.1.0", "otter-operator.v0.1.0"});

  const auto refused = test.merge(files, test.database);
  CHECK(text_of(refused, "state") == "failed");
  CHECK_THAT(text_of(refused, "state_reason"), Contains(files) && Contains("file-based"));

  const Merged alone{test, test.merge(files, "")};
  CHECK(alone.files() == index.files());
}

TEST_CASE("a merge that finds nothing new leaves its source to the requests after it",
          "[merge][fbc]") {
  IIBD_NEEDS_TOOLS();
  FileMerge test{"embedded"};
  const auto source = test.make_files("v4.6", {test.otter1, test.otter2}, "wren");

  // Its catalog is one that an earlier request left unpacked, and nothing of it is deprecated.
  const auto merged = test.merge(source, source);
  CHECK_THAT(text_of(merged, "state_reason"), Contains("with 0 bundles"));
  const Merged first{test, merged};
  const Merged again{test, test.merge(source, source)};
  CHECK(first.files() == Texts{kOtters, "wren/catalog.json"});
  CHECK(again.files() == first.files());
}

TEST_CASE("a package of the target is taken from a directory of its own and nowhere else",
          "[merge][fbc]") {
  IIBD_NEEDS_TOOLS();
  FileMerge test{"embedded"};
  const auto source = test.make_files("v4.5", {test.otter1}, "wren");
  const auto work = test.daemon().state() / "work";
  const auto refused = [&](const std::string& package, std::vector<TarEntry> more) {
    more.push_back({.path = "configs/all.json", .content = package_blobs(package, "1.0.0")});
    const auto target = test.site().push_image(
        "odd-target", {.layers = {std::move(more)},
                       .labels = {{kConfigsLabel, "/configs"}, {kVersionLabel, "v4.6"}}});
    const auto document = test.merge(source, target);
    INFO(io::to_json(document));
    CHECK(text_of(document, "state") == "failed");
    const auto id = std::to_string(document["id"].GetInt64());
    CHECK(test.site().registry().manifest("iib-build", id).empty());
    return text_of(document, "state_reason");
  };

  // Beside the catalog lies the other one, and what is taken of this one.
  for (const std::string package : {"", ".", "..", "../../source-index", "../../taken"}) {
    CAPTURE(package);
    CHECK_THAT(refused(package, {}), Contains(fmt::format("'{}'", package)) && Contains("rename"));
    CHECK_FALSE(fs::exists(work / "source-index"));
    CHECK_FALSE(fs::exists(work / "taken"));
  }
  CHECK_THAT(refused("tern", {}), Contains("tern") && Contains("move it to a directory tern"));
  const std::vector<TarEntry> link{
      {.path = "configs/.indexignore", .content = "/tern\n/other\n"},
      {.path = "configs/other/secret.json", .content = "{}"},
      {.path = "configs/tern", .content = "other", .type = TarEntry::Type::symbolic_link}};
  CHECK_THAT(refused("tern", link), Contains("move it to a directory tern"));
}

TEST_CASE("a package that only one catalog has cannot get bundles of the other", "[merge][fbc]") {
  IIBD_NEEDS_TOOLS();
  FileMerge test{"embedded"};
  const auto source = test.make_files("v4.5", {test.heron1}, kOtter);
  const auto target =
      test.make_files("v4.6", {test.otter1, test.push_bundle(kOtter, "0.2.0", "v4.5")}, "tern");

  const auto document = test.merge(source, target);

  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(text_of(document, "state_reason"), Contains(kOtter) && Contains("fbc-operations"));
  // The other way round the package is in the source's database, which is what counts.
  const Merged index{test, test.merge(target, source), "v4.5"};
  CHECK(index.files() == Texts{kHerons, kOtters, "tern/catalog.json"});
}

}  // namespace iib::test
