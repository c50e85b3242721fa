#include "bundle_site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

TEST_CASE("a refused bundle stays as it was, and the reason is told in both ways", "[cli]") {
  BundleSite site;
  site.write("bundle/manifests/z.yaml", "kind: Other\n");
  const auto [code, path, old, now, mention] =
      GENERATE(table<std::string, std::string, std::string, std::string, std::string>({
          {"image_unresolvable", kCsv, "widget:1", "gone:9", "quay.io/acme/gone:9"},
          {"malformed_csv", kCsv, "- name: manager\n                    image",
           "- name: manager\n                    imago", "manager"},
          {"related_image_env_value_from", kCsv, R"(value: "quay.io/acme/db:2")", "valueFrom: {}",
           "RELATED_IMAGE_DB"},
          {"related_images_conflict", kCsv, "RELATED_IMAGE_DB", "RELATED_IMAGE_manager", "manager"},
          {"related_images_and_envs", kCsv, "  customresourcedefinitions:",
           "  relatedImages: [{name: a, image: quay.io/a/b:1}]\n  customresourcedefinitions:",
           "widget.clusterserviceversion.yaml"},
          {"invalid_yaml", "bundle/manifests/z.yaml", "Other", "[", "z.yaml"},
          {"invalid_yaml", "bundle/manifests/z.yaml", "Other", "a\n---\nb: 1", "z.yaml"},
          {"annotations_invalid_yaml", kAnnotations, "annotations:", "annotations: [",
           "annotations.yaml"},
          {"annotations_not_mapping", kAnnotations,
           "annotations:", "annotations: x\nothers:", "annotations.yaml"},
          {"package_name_missing", kAnnotations, "bundle.package.v1", "bundle.pack.v1",
           "operators.operatorframework.io.bundle.package.v1"},
          {"package_name_not_string", kAnnotations, "widget  #", "7 #",
           "operators.operatorframework.io.bundle.package.v1"},
      }));
  CAPTURE(code);
  site.write(path, with(site.text_of(path), old, now));
  const auto before = site.files();

  const auto ended = site.regenerate({"--format", "json"});

  CHECK(ended.status == 1);
  CHECK_THAT(ended.errors, Contains("iibd: ") && Contains(mention));
  CHECK(site.files() == before);
  const auto answer = ended.json();
  CHECK(answer["error"]["code"].GetString() == code);
  CHECK_THAT(answer["error"]["reason"].GetString(), Contains(mention));
  CHECK("bundle/" + std::string{answer["error"]["file"].GetString()} == path);
  CHECK(answer.MemberCount() == 1);

  CHECK(std::filesystem::is_empty(site.commands().variables().at("TMPDIR")));
  CHECK(site.regenerate().output.empty());  // as text: the reason is on standard error alone
}

TEST_CASE("a bundle without annotations.yaml is refused", "[cli]") {
  BundleSite site;
  std::filesystem::remove(site.commands().directory() / kAnnotations);
  const auto before = site.files();

  const auto ended = site.regenerate({"--format", "json"});

  CHECK(ended.status == 1);
  CHECK(ended.json()["error"]["code"] == "annotations_yaml_missing");
  CHECK(site.files() == before);
}

TEST_CASE("a directory that holds no bundle is refused", "[cli]") {
  BundleSite site;
  std::filesystem::create_directory(site.commands().path("empty"));
  const auto [directory, reason] = GENERATE(table<std::string, std::string>({
      {"empty", "empty has no directory manifests/"},
      {"gone", "gone is no directory"},
      {"digests.json", "digests.json is no directory"},
  }));
  CAPTURE(directory);

  const auto ended = site.run({"regenerate", directory, "--format", "json"});

  CHECK(ended.status == 1);
  CHECK_THAT(ended.errors, Contains(reason));
  CHECK(ended.json()["error"]["code"] == "invalid_input");
  CHECK(ended.json()["error"]["file"].IsNull());
}

TEST_CASE("a bad file of the command line is named with the place in it", "[cli]") {
  BundleSite site;
  const auto [option, text, place] = GENERATE(table<std::string, std::string, std::string>({
      {"--digests", R"({"quay.io/a/b:1" "x"})", "at offset 1"},
      {"--digests", R"([])", "the file is of type array"},
      {"--digests", R"({"quay.io/a/b:1": 7})", "'quay.io/a/b:1' is of type number"},
      {"--digests", R"({"quay.io/a/b:1": "latest"})", "'quay.io/a/b:1' is 'latest'"},
      {"--digests", R"({"quay.io/a/b": "sha256:1", "quay.io/a/b:latest": "sha256:2"})",
       "quay.io/a/b:latest is there twice"},
      {"--labels", R"({"bundle": {},})", "at offset 1"},
      {"--labels", R"({"bundles": {}})", "the key 'bundles'"},
      {"--labels", R"({"bundle": []})", "bundle is of type array"},
      {"--labels", R"({"images": {"quay.io/a/b:1": "x"}})", "'quay.io/a/b:1' is of type string"},
      {"--labels", R"({"images": {"quay.io/a/b:1": {"l": true}}})",
       "label 'l' of 'quay.io/a/b:1' is of type boolean"},
      {"--replacements", R"({"a": {}})", "'a' is of type object"},
      {"--replacements", R"({)", "at offset 1"},
      {"--config", "iib_organization_customizations: []\n", "bad, line 1"},
      {"--config", "\niib_organisation_customizations: {}\n", "bad, line 2"},
      {"--config",
       "iib_organization_customizations:\n  acme:\n    csv_annotations: {a: '{name}'}\n",
       "bad, line 3"},
      {"--config",
       "iib_organization_customizations:\n  acme:\n    - {type: image_name_from_label}\n",
       "bad, line 3"},
      {"--config", "iib_organization_customizations:\n  a: {}\n  b: [{type: related_bundles}]\n",
       "must have one form"},
  }));
  CAPTURE(option, text);
  site.write("bad", text);
  const auto before = site.files();

  const auto ended = site.run({"regenerate", "bundle", option, "bad"});

  CHECK(ended.status == 1);
  CHECK_THAT(ended.errors, Contains("bad") && Contains(place));
  CHECK(site.files() == before);
}

TEST_CASE("a file of the command line that is not there is named", "[cli]") {
  BundleSite site;
  const std::string option = GENERATE("--config", "--digests", "--labels", "--replacements");

  const auto ended = site.run({"regenerate", "bundle", option, "gone.json"});

  CHECK(ended.status == 1);
  CHECK_THAT(ended.errors, Contains("gone.json"));
}

TEST_CASE("a template that names a label which an image lacks is refused", "[cli]") {
  BundleSite site;
  site.write("iibd.yaml",
             "iib_organization_customizations:\n"
             "  acme: [{type: image_name_from_labels, template: 'x/{name}-{build}'}]\n");
  site.write("labels.json", R"({"images": {"quay.io/acme/widget:1": {"name": "w", "size": "1"}}})");
  const auto before = site.files();

  const auto ended = site.regenerate({"--config", "iibd.yaml", "--organization", "acme", "--labels",
                                      "labels.json", "--format", "json"});

  CHECK(ended.status == 1);
  CHECK(ended.json()["error"]["code"] == "image_name_label_missing");
  CHECK_THAT(ended.errors, Contains("quay.io/acme/") && Contains("{name}-{build}"));
  CHECK(site.files() == before);
}

TEST_CASE("a refused second file leaves the first as it was", "[cli]") {
  BundleSite site;
  site.write("bundle/manifests/zz.csv.yaml",
             with(site.text_of(kCsv), "RELATED_IMAGE_DB", "RELATED_IMAGE_manager"));
  const auto before = site.files();

  const auto ended = site.regenerate();

  CHECK(ended.status == 1);
  CHECK_THAT(ended.errors, Contains("zz.csv.yaml"));
  CHECK(site.files() == before);
}
