#include "regenerate_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {

using bundle::RefusalCode;
using Catch::Contains;

TEST_CASE("relatedImages name every image once, in the order of the places", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text("initContainers:\n"
                                      "- {name: setup, image: 'quay.io/acme/setup:1'}\n"
                                      "containers:\n"
                                      "- name: manager\n"
                                      "  image: quay.io/acme/otter:1\n"
                                      "  env:\n"
                                      "  - {name: RELATED_IMAGE_Holt, value: 'quay.io/x/holt:2'}\n"
                                      "- {name: manager, image: 'quay.io/acme/otter:1'}\n",
                                      "text: uses quay.io/x/far:3\n"));
  fixture.exists("quay.io/acme/setup:1", '1')
      .exists("quay.io/acme/otter:1", '2')
      .exists("quay.io/x/holt:2", '3')
      .exists("quay.io/x/far:3", '4');

  fixture.run();

  CHECK(fixture.at("/spec/relatedImages") ==
        fmt::format(R"([{{"name":"manager","image":"quay.io/acme/otter@{}"}},)"
                    R"({{"name":"setup","image":"quay.io/acme/setup@{}"}},)"
                    R"({{"name":"holt","image":"quay.io/x/holt@{}"}},)"
                    R"({{"name":"far-{}-annotation","image":"quay.io/x/far@{}"}}])",
                    digest('2'), digest('1'), digest('3'), std::string(64, '4'), digest('4')));
}

TEST_CASE("a CSV file without images gets an empty list by the core rules only", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", "kind: ClusterServiceVersion\nspec:\n  version: 1.0.0\n");

  SECTION("core") {
    fixture.run();
    CHECK(fixture.text("manifests/otter.yaml") ==
          "kind: ClusterServiceVersion\nspec:\n  version: 1.0.0\n  relatedImages: []\n");
  }
  SECTION("core, where it is there already") {
    fixture.files.manifests[0].text += "  relatedImages: [ ]\n";
    CHECK(fixture.run().files.empty());
  }
  SECTION("later") {
    fixture.order.customizing.rules = bundle::default_later_rules();
    CHECK(fixture.run().files.empty());
  }
}

TEST_CASE("a CSV file without spec gets one with the list", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml",
               "kind: ClusterServiceVersion\n"
               "metadata: {annotations: {containerImage: 'quay.io/acme/otter:1'}}\n");
  fixture.exists("quay.io/acme/otter:1", 'a');

  fixture.run();

  CHECK_THAT(fixture.at("/spec/relatedImages"), Contains("quay.io/acme/otter@sha256"));
}

TEST_CASE("relatedImages that are null are set in their place", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text(container("manager", "quay.io/acme/otter:1"), {},
                                      "relatedImages: null\nversion: 1.0.0\n"));
  fixture.exists("quay.io/acme/otter:1", 'a');

  const auto& result = fixture.run();

  CHECK_THAT(fixture.at("/spec/relatedImages"), Contains("quay.io/acme/otter@sha256"));
  REQUIRE_FALSE(result.changes.empty());
  CHECK(result.changes.front().place == "/spec/relatedImages");
  CHECK(result.changes.front().old == "null");
}

TEST_CASE("all conflicts between names of images are told at once", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text("containers:\n"
                                      "- name: db\n"
                                      "  image: quay.io/acme/one:1\n"
                                      "  env:\n"
                                      "  - {name: RELATED_IMAGE_DB, value: 'quay.io/acme/two:2'}\n"
                                      "- {name: db, image: 'quay.io/acme/three:3'}\n"));
  fixture.exists("quay.io/acme/one:1", '1')
      .exists("quay.io/acme/two:2", '2')
      .exists("quay.io/acme/three:3", '3');

  const auto refusal = fixture.refusal();

  CHECK(refusal.code() == RefusalCode::related_images_conflict);
  CHECK(refusal.file() == "manifests/otter.yaml");
  CHECK_THAT(refusal.what(), Contains("quay.io/acme/one@" + digest('1')));
  CHECK_THAT(refusal.what(), Contains("quay.io/acme/two@" + digest('2')));
  CHECK_THAT(refusal.what(), Contains("quay.io/acme/three@" + digest('3')));
  CHECK_THAT(refusal.what(), Contains("container db") && Contains("RELATED_IMAGE_DB"));
}

TEST_CASE("one name for texts that only mean the same image is a conflict", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text("containers:\n"
                                      "- {name: a, image: quay.io/acme/otter}\n"
                                      "- {name: a, image: 'quay.io/acme/otter:latest'}\n"));
  fixture.later({step(config::CustomizationType::registry_replacements, {},
                      {{"quay.io", "mirror.example.com"}})});

  SECTION("unless replacing makes them equal") {
    fixture.run();
    CHECK(fixture.at("/spec/relatedImages") ==
          R"([{"name":"a","image":"mirror.example.com/acme/otter:latest"}])");
  }
  SECTION("when nothing replaces them") {
    fixture.later({step(config::CustomizationType::enclose_repo,
                        {{"namespace", "acme"}, {"enclosure_glue", "--"}})});
    CHECK(fixture.refusal().code() == RefusalCode::related_images_conflict);
  }
}

}  // namespace iib::test
