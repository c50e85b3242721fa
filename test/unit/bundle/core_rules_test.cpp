#include "regenerate_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

using bundle::RefusalCode;
using Catch::Contains;

constexpr auto kRelated =
    "relatedImages:\n"
    "- {name: manager, image: 'quay.io/acme/otter:1', extra: stays}\n";

}  // namespace

TEST_CASE("the core rules pin, and replace registries, in one pass", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text(container("manager", "quay.io/acme/otter:1") +
                                      fmt::format("- {{name: pinned, image: 'other.io/b@{}'}}\n"
                                                  "- {{name: moved, image: 'quay.io/c@{}'}}\n",
                                                  digest('b'), digest('c'))));
  fixture.exists("quay.io/acme/otter:1", 'a')
      .exists("other.io/b@" + digest('b'), 'b')
      .exists("quay.io/c@" + digest('c'), 'c');
  fixture.core({.csv_annotations = {},
                .package_name_suffix = {},
                .registry_replacements = {{"quay.io", "mirror.example.com/cm"}}});

  const auto& result = fixture.run();

  CHECK(fixture.at("/spec/relatedImages") ==
        fmt::format(R"([{{"name":"manager","image":"mirror.example.com/cm/acme/otter@{}"}},)"
                    R"({{"name":"pinned","image":"other.io/b@{}"}},)"
                    R"({{"name":"moved","image":"mirror.example.com/cm/c@{}"}}])",
                    digest('a'), digest('b'), digest('c')));
  CHECK(result.looked_up.size() == 3);  // the pinned ones too: do they exist?
  CHECK(fixture.lookup.calls == 1);
  CHECK(result.labels.empty());
}

TEST_CASE("the name of an annotation's image is made of the replaced text", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml",
               csv_text("containers: []\n", "containerImage: quay.io/acme/otter:1\n"));
  fixture.exists("quay.io/acme/otter:1", 'a');
  fixture.core({.csv_annotations = {},
                .package_name_suffix = {},
                .registry_replacements = {{"quay.io", "mirror.example.com/cm"}}});

  fixture.run();

  CHECK_THAT(fixture.at("/spec/relatedImages/0/name"),
             Contains(fmt::format("acme/otter-{}-annotation", std::string(64, 'a'))));
}

TEST_CASE("a tag before the digest stays in the name", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text(container("manager", "quay.io/acme/otter:1@" + digest('b'))));
  fixture.exists("quay.io/acme/otter:1@" + digest('b'), 'b');
  fixture.core({.csv_annotations = {},
                .package_name_suffix = {},
                .registry_replacements = {{"quay.io", "mirror.example.com"}}});

  fixture.run();

  CHECK_THAT(fixture.at(std::string{kFirstContainer} + "/image"),
             Contains("mirror.example.com/acme/otter:1@" + digest('b')));
}

TEST_CASE("the core rules write relatedImages even when all images are pinned", "[bundle]") {
  RegenerateFixture fixture;
  const auto pinned = "quay.io/acme/otter@" + digest('a');
  fixture.with("otter.yaml", csv_text(container("manager", pinned)));
  fixture.exists(pinned, 'a');

  fixture.run();

  CHECK_THAT(fixture.at("/spec/relatedImages"), Contains(pinned));
}

TEST_CASE("the core rules leave a file with relatedImages out, except for annotations",
          "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text(container("manager", "quay.io/acme/otter:1"), {}, kRelated));

  SECTION("nothing is looked up nor changed") {
    const auto& result = fixture.run();
    CHECK(result.files.empty());
    CHECK(fixture.lookup.calls == 0);
    CHECK(result.named.size() == 2);
  }
  SECTION("annotations are set") {
    fixture.core({.csv_annotations = {{"support", "{package_name}.example.com"}},
                  .package_name_suffix = "-cmp",
                  .registry_replacements = {}});
    fixture.run();
    CHECK(fixture.at("/metadata/annotations/support") == R"("otter-cmp.example.com")");
    CHECK(fixture.at("/spec/relatedImages/0/extra") == R"("stays")");
  }
}

TEST_CASE("relatedImages beside RELATED_IMAGE variables are refused by the core rules only",
          "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("sub/otter.yaml",
               csv_text(container("manager", "quay.io/acme/otter:1") +
                            "  env: [{name: RELATED_IMAGE_DB, value: 'quay.io/acme/otter:1'}]\n",
                        {}, kRelated));
  fixture.exists("quay.io/acme/otter:1", 'a');

  SECTION("core") {
    const auto refusal = fixture.refusal();
    CHECK(refusal.code() == RefusalCode::related_images_and_envs);
    CHECK(refusal.file() == "manifests/sub/otter.yaml");
    CHECK_THAT(refusal.what(), Contains("sub/otter.yaml") && Contains("RELATED_IMAGE_DB"));
  }
  SECTION("later") {
    fixture.order.customizing.rules = bundle::default_later_rules();
    fixture.run();
    CHECK_THAT(fixture.at("/spec/relatedImages/0/image", "manifests/sub/otter.yaml"),
               Contains(digest('a')));
  }
}

TEST_CASE("annotations of the organization come last and are not pinned", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text(container("manager", "quay.io/acme/otter:1"),
                                      "first: 'old'  # kept\nlast: 1\n"));
  fixture.exists("quay.io/acme/otter:1", 'a');
  fixture.core({.csv_annotations = {{"new", "quay.io/acme/other:2"},
                                    {"first", "{{{package_name}}}"},
                                    {"newer", "x"}},
                .package_name_suffix = {},
                .registry_replacements = {}});

  fixture.run();

  CHECK(fixture.at("/metadata/annotations") ==
        R"({"first":"{otter}","last":1,"new":"quay.io/acme/other:2","newer":"x"})");
  CHECK_THAT(fixture.text("manifests/otter.yaml"), Contains("first: '{otter}'  # kept\n"));
}

TEST_CASE("metadata and annotations are made where there are none", "[bundle]") {
  const config::CoreCustomizations customizations{.csv_annotations = {{"a", "b"}, {"c", "d"}},
                                                  .package_name_suffix = {},
                                                  .registry_replacements = {}};
  RegenerateFixture fixture;
  fixture.core(customizations);

  SECTION("no metadata") {
    fixture.with("otter.yaml", "kind: ClusterServiceVersion\nspec: {}\n");
    fixture.run();
    CHECK(fixture.at("") == R"({"kind":"ClusterServiceVersion","spec":{"relatedImages":[]},)"
                            R"("metadata":{"annotations":{"a":"b","c":"d"}}})");
  }
  SECTION("no annotations") {
    fixture.with("otter.yaml", "kind: ClusterServiceVersion\nmetadata:\n  name: x\nspec: {}\n");
    fixture.run();
    CHECK(fixture.at("/metadata") == R"({"name":"x","annotations":{"a":"b","c":"d"}})");
  }
  SECTION("annotations that are null") {
    fixture.with("otter.yaml",
                 "kind: ClusterServiceVersion\nmetadata:\n  annotations:\n  name: x\nspec: {}\n");
    fixture.run();
    CHECK(fixture.at("/metadata") == R"({"annotations":{"a":"b","c":"d"},"name":"x"})");
  }
  SECTION("metadata that are no map are refused") {
    fixture.with("otter.yaml", "kind: ClusterServiceVersion\nmetadata: text\nspec: {}\n");
    const auto refusal = fixture.refusal();
    CHECK(refusal.code() == RefusalCode::malformed_csv);
    CHECK_THAT(refusal.what(), Contains("otter.yaml"));
  }
}

TEST_CASE("a file that cannot be changed without another change is refused", "[bundle]") {
  RegenerateFixture fixture;
  // relatedImages come after a text that ends with a line separator.
  fixture.with("otter.yaml", csv_text(container("manager", "quay.io/acme/otter:1") +
                                      "schedulerName: |\n  x\xe2\x80\xa8\n"));
  fixture.exists("quay.io/acme/otter:1", 'a');

  const auto refusal = fixture.refusal();

  CHECK(refusal.code() == RefusalCode::malformed_csv);
  CHECK(refusal.file() == "manifests/otter.yaml");
  CHECK_THAT(refusal.what(), Contains("manifests/otter.yaml: a change cannot be written") &&
                                 Contains("line separators"));
}

TEST_CASE("an annotation template with an unknown name is refused", "[bundle]") {
  RegenerateFixture fixture;
  fixture.core({.csv_annotations = {{"a", "{packagename}"}},
                .package_name_suffix = {},
                .registry_replacements = {}});

  CHECK_THROWS_WITH(fixture.run(), Contains("packagename"));
}

TEST_CASE("several CSV files are treated each on its own, other manifests not at all", "[bundle]") {
  RegenerateFixture fixture;
  const std::string other = "kind: ConfigMap\nimage: quay.io/acme/otter:1\n";
  fixture.with("a.yaml", csv_text(container("manager", "quay.io/acme/otter:1")))
      .with("b.yaml", csv_text(container("manager", "quay.io/acme/otter:2")))
      .with("c.yaml", other)
      .with("empty.yaml", "");
  fixture.exists("quay.io/acme/otter:1", '1').exists("quay.io/acme/otter:2", '2');

  const auto& result = fixture.run();

  CHECK(result.files.size() == 2);
  CHECK_THAT(fixture.at("/spec/relatedImages", "manifests/a.yaml"), Contains(digest('1')));
  CHECK_THAT(fixture.at("/spec/relatedImages", "manifests/b.yaml"), Contains(digest('2')));
  CHECK(fixture.text("manifests/c.yaml") == other);
}

}  // namespace iib::test
