#include "iib/bundle/inspection.hpp"

#include "regenerate_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string>
#include <vector>

using namespace iib;
using namespace iib::bundle;
using Catch::Matchers::Contains;
using test::container;
using test::csv_text;
using Texts = std::vector<std::string>;

namespace {

constexpr auto kAnnotations =
    "annotations:\n"
    "  operators.operatorframework.io.bundle.package.v1: otter\n"
    "  operators.operatorframework.io.bundle.channels.v1: stable, beta,,fast\n"
    "  operators.operatorframework.io.bundle.channel.default.v1: stable\n";

Inspection inspected(std::string csv) {
  return inspect({{{"otter.yaml", std::move(csv)}}, kAnnotations});
}

Texts codes_of(const Inspection& inspection) {
  Texts codes;
  for (const auto& problem : inspection.problems) codes.push_back(problem.code);
  return codes;
}

Texts written(const std::vector<Api>& apis) {
  Texts texts;
  for (const auto& api : apis) {
    texts.push_back(fmt::format("{}/{} {}", api.group, api.version, api.kind));
  }
  return texts;
}

}  // namespace

TEST_CASE("an inspected bundle tells its package, channels and versions", "[bundle]") {
  const auto inspection = inspected(
      csv_text("containers: []\n", {},
               "version: 1.10\n"
               "replaces: otter.v0\n"
               "skips: [otter.v0.1, otter.v0.2]\n"
               "customresourcedefinitions:\n"
               "  owned: [{name: otters.sea.example.com, version: v1, kind: Otter}, text]\n"
               "  required: [{name: kelp, version: v1, kind: Kelp}, {kind: Nothing}]\n"
               "apiservicedefinitions:\n"
               "  owned: [{group: sea.example.com, version: v2, kind: Seal, name: seals}]\n"
               "  required: text\n"));

  CHECK(inspection.package == "otter");
  CHECK(inspection.channels == Texts{"stable", "beta", "fast"});
  CHECK(inspection.default_channel == "stable");
  REQUIRE(inspection.versions.size() == 1);
  const auto& version = inspection.versions[0];
  CHECK(version.file == "otter.yaml");
  CHECK(version.name == "otter.v1");
  CHECK(version.version == "1.10");
  CHECK(version.replaces == "otter.v0");
  CHECK(version.skips == Texts{"otter.v0.1", "otter.v0.2"});
  CHECK(written(version.provides) == Texts{"sea.example.com/v1 Otter", "sea.example.com/v2 Seal"});
  CHECK(written(version.requires_apis) == Texts{"/v1 Kelp", "/ Nothing"});
  CHECK(inspection.problems.empty());
}

TEST_CASE("an inspected bundle tells where each pull specification stands", "[bundle]") {
  const auto inspection = inspected(csv_text(container("otter", "quay.io/sea/otter:1")));

  REQUIRE(inspection.images.size() == 1);
  CHECK(inspection.images[0].file == "otter.yaml");
  CHECK(inspection.images[0].origin == "container otter");
  CHECK(inspection.images[0].name == "otter");
  CHECK(inspection.images[0].image == "quay.io/sea/otter:1");
  CHECK(inspection.images[0].place == fmt::format("{}/image", test::kFirstContainer));
}

TEST_CASE("an inspection goes on after each problem", "[bundle]") {
  const auto inspection = inspect(
      {{{"a.yaml", "a: [\n"},
        {"b.yaml", csv_text("containers:\n- name: one\n- {name: two, image: [], env: "
                            "[{name: RELATED_IMAGE_X, valueFrom: {}}, {name: RELATED_IMAGE_Y}]}\n"
                            "- {name: three, image: 'quay.io/sea/three:1'}\n")},
        {"c.yaml", "a: 1\n---\nb: 1\n"},
        {"d.yaml", "kind: ClusterServiceVersion\nmetadata: {name: whale.v1}\nspec: text\n"}},
       std::nullopt});

  CHECK(codes_of(inspection) == Texts{"annotations_yaml_missing", "invalid_yaml", "malformed_csv",
                                      "malformed_csv", "related_image_env_value_from",
                                      "malformed_csv", "invalid_yaml", "malformed_csv"});
  CHECK(inspection.problems[0].file == "metadata/annotations.yaml");
  CHECK(inspection.problems[1].file == "manifests/a.yaml");
  CHECK_THAT(inspection.problems[3].reason, Contains("the image of the container \"two\""));
  CHECK_THAT(inspection.problems[5].reason, Contains("RELATED_IMAGE_Y"));
  REQUIRE(inspection.versions.size() == 2);
  CHECK(inspection.versions[1].name == "whale.v1");
  REQUIRE(inspection.images.size() == 1);
  CHECK(inspection.images[0].name == "three");
}

TEST_CASE("an inspection shows what is wrong with the annotations file", "[bundle]") {
  const auto [text, code] = GENERATE(table<std::string, std::string>({
      {"annotations: [\n", "annotations_invalid_yaml"},
      {"- a\n", "annotations_not_mapping"},
      {"annotations: []\n", "annotations_not_mapping"},
      {"annotations: {}\n", "package_name_missing"},
      {"annotations: {operators.operatorframework.io.bundle.package.v1: 5}\n",
       "package_name_not_string"},
  }));
  CAPTURE(text);

  CHECK(codes_of(inspect({{}, text})) == Texts{code});
}

TEST_CASE("the channels of a bundle without a package are shown all the same", "[bundle]") {
  const auto inspection = inspect(
      {{}, "annotations: {operators.operatorframework.io.bundle.channels.v1: 'stable '}\n"});

  CHECK(inspection.channels == Texts{"stable"});
  CHECK(inspection.package.empty());
}

TEST_CASE("an inspection sees relatedImages beside variables", "[bundle]") {
  const auto inspection = inspected(csv_text(
      "containers:\n- {name: otter, image: o, env: [{name: RELATED_IMAGE_DB, value: db}]}\n", {},
      "relatedImages: [{name: a, image: b}]\n"));

  CHECK(codes_of(inspection) == Texts{"related_images_and_envs"});
  CHECK(inspection.images.size() == 3);
}

TEST_CASE("an inspection sees names of relatedImages that will be in conflict", "[bundle]") {
  const auto pair = [](std::string_view one, std::string_view other) {
    return csv_text(fmt::format(
        "containers:\n- {{name: a, image: '{}'}}\n- {{name: a, image: '{}'}}\n", one, other));
  };
  const auto annotations = [](std::string_view one, std::string_view other) {
    return csv_text("containers: []\n", fmt::format("a: {}\nb: {}\n", one, other));
  };
  const auto app = [](std::string_view registry) {
    return fmt::format("{}/sea/app@{}", registry, test::digest('7'));
  };
  const auto [text, conflict] = GENERATE_COPY(table<std::string, bool>({
      {pair("quay.io/sea/a:1", "quay.io/sea/b:1"), true},
      {pair("quay.io/sea/a:1", "quay.io/sea/a:1"), false},
      // Both are pinned to one digest.
      {pair("quay.io/sea/a", "quay.io/sea/a:latest"), false},
      {pair(app("quay.io"), app("docker.io")), true},
      {annotations(app("quay.io"), app("docker.io")), true},
      // Both will be named after their digests, which nobody knows yet.
      {annotations("quay.io/sea/app:1", "docker.io/sea/app:1"), false},
  }));
  CAPTURE(text);

  CHECK(codes_of(inspected(text)) == (conflict ? Texts{"related_images_conflict"} : Texts{}));
}

TEST_CASE("an inspection is bounded", "[bundle]") {
  std::string pod = "containers:\n";
  for (int i = 0; i < 2000; ++i) pod += "- {}\n";
  BundleFiles bundle{{}, kAnnotations};
  for (int i = 0; i < 20; ++i)
    bundle.manifests.push_back({fmt::format("{}.yaml", i), csv_text(pod)});

  const auto inspection = inspect(bundle);

  CHECK(inspection.versions.size() == 20);
  CHECK(inspection.problems.size() == 1000);
}
