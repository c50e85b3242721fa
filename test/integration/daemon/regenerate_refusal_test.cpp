#include "regeneration.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

using Type = TarEntry::Type;

/// A bundle that cannot be regenerated, and what the reason must name.
struct Refused {
  std::string name;
  TestImage bundle;
  std::vector<std::string> named;
  std::string organization{};
};

TestImage with(const std::string& path, const std::string& content) {
  auto bundle = heron_bundle(heron_csv({}));
  entry_of(bundle, path).content = content;
  return bundle;
}

TestImage without(const std::string& prefix) {
  auto bundle = heron_bundle(heron_csv({}));
  std::erase_if(bundle.layers.front(),
                [&](const TarEntry& entry) { return entry.path.starts_with(prefix); });
  return bundle;
}

/// The CSV of one container, `more` behind it in its indentation.
TestImage with_container(const std::string& image, const std::string& more) {
  return heron_bundle(heron_csv({image}) + more);
}

/// The same with lines in `spec`.
TestImage with_spec(const std::string& image, const std::string& lines) {
  return heron_bundle(heron_csv({image}) + lines);
}

std::string variable(const std::string& rest) {
  return fmt::format("                    env:\n                      - name: RELATED_IMAGE_DB\n{}",
                     rest);
}

std::vector<Refused> broken_files() {
  return {
      {"tabs", with("manifests/heron.crd.yaml", "a: b\n\t- c\n"), {"heron.crd.yaml", "line 2"}},
      {"two", with("manifests/deep/heron.yml", "a: 1\n---\nb: 2\n"), {"manifests/deep/heron.yml"}},
      {"twice", with("manifests/heron.crd.yaml", "a: 1\na: 2\n"), {"heron.crd.yaml", "line 2"}},
      {"cut", with(kHeronCsv, "kind: ClusterServiceVersion\nspec: ["), {kHeronCsv}},
      {"no-manifests", without("manifests"), {"manifests"}},
      {"file",
       {.layers = {{{.path = "manifests", .content = "a: b"}}}, .labels = {}},
       {"manifests"}},
      {"no-metadata", without("metadata"), {kAnnotationsFile}},
      {"metadata-text", with(kAnnotationsFile, "annotations: [1,"), {kAnnotationsFile}},
      {"metadata-list",
       with(kAnnotationsFile, "annotations: [1]"),
       {kAnnotationsFile, "annotations"}},
      {"no-package", with(kAnnotationsFile, "annotations: {}"), {kAnnotationsFile, "package.v1"}},
      {"package-7",
       with(kAnnotationsFile, "annotations: {operators.operatorframework.io.bundle.package.v1: 7}"),
       {kAnnotationsFile, "package.v1"}},
  };
}

std::vector<Refused> broken_csvs(const Site& site) {
  const auto image = site.pull_spec("wetland/heron:v1");
  const auto other = site.pull_spec("wetland/perch:v1");
  const auto absent = site.pull_spec("wetland/absent:v1");
  return {
      {"no-image", with_container(image, "                  - name: c2\n"), {kHeronCsv, "c2"}},
      {"no-value", with_container(image, variable("")), {kHeronCsv, "RELATED_IMAGE_DB", "c1"}},
      {"value-from",
       with_container(image, variable("                        valueFrom: {fieldRef: {}}\n")),
       {kHeronCsv, "RELATED_IMAGE_DB", "c1"}},
      {"both",
       with_spec(image, variable("                        value: " + image + "\n") +
                            "  relatedImages: [{name: a, image: " + image + "}]\n"),
       {kHeronCsv, "relatedImages", "RELATED_IMAGE_"}},
      {"conflict",
       with_container(image,
                      "                  - name: c1\n                    image: " + other + "\n"),
       {kHeronCsv, "c1", "wetland/heron@", "wetland/perch@"}},
      {"absent", with_container(absent, ""), {kHeronCsv, absent, "accessible", "containers/0"}},
      {"in-text",
       with(kHeronCsv, "kind: ClusterServiceVersion\nmetadata:\n  annotations: {a: 'see " + absent +
                           " there'}\n"),
       {kHeronCsv, absent, "annotations/a"}},
      {"no-name", with_container("'acme/Heron image'", ""), {kHeronCsv, "acme/Heron image"}},
  };
}

void check_refused(const Daemon& daemon, Site& site, const std::vector<Refused>& all) {
  std::vector<std::int64_t> requests;
  for (const auto& each : all) {
    requests.push_back(submit(
        daemon, "regenerate-bundle",
        regenerate_body(site.push_image("bundles/" + each.name, each.bundle), each.organization)));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto document = daemon.wait_final(requests[i]);
    const auto reason = text_of(document, "state_reason");
    CAPTURE(all[i].name, reason);
    CHECK(text_of(document, "state") == "failed");
    for (const auto& part : all[i].named) CHECK_THAT(reason, Catch::Contains(part));
    CHECK_THAT(reason, !Catch::Contains(site.directory().string()));
    CHECK_THAT(reason, !Catch::Contains("internal error"));
    CHECK_THAT(reason, !Catch::Contains("\n"));
    CHECK(document["bundle_image"].IsNull());
    CHECK_FALSE(has_result(site.registry(), requests[i]));
  }
  CHECK(std::filesystem::is_empty(site.state() / "work"));
}

}  // namespace

TEST_CASE("a bundle that cannot be regenerated fails its request, naming file, place and remedy",
          "[regenerate][bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  push_operand(site, "wetland/heron");
  push_operand(site, "wetland/perch");
  Daemon daemon{site.state(), site.configuration("iib_queues: {iib: 2}\n")};
  daemon.start();

  check_refused(daemon, site, broken_files());
  check_refused(daemon, site, broken_csvs(site));
}

TEST_CASE("an image without the label that a template names fails the request",
          "[regenerate][bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  push_operand(site, "wetland/heron", {{"version", "1.0"}});
  const auto image = site.pull_spec("wetland/heron:v1");
  Daemon daemon{
      site.state(),
      site.configuration("iib_organization_customizations:\n"
                         "  acme: [{type: image_name_from_labels, template: '{name}'}]\n")};
  daemon.start();

  check_refused(daemon, site,
                {{.name = "unlabelled",
                  .bundle = heron_bundle(heron_csv({image})),
                  .named = {image, "{name}", "version"},
                  .organization = R"(,"organization":"acme")"}});
}

TEST_CASE("a bundle image that is not there fails its request, naming it",
          "[regenerate][bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto absent = site.pull_spec("bundles/absent:v1");

  const auto document = build(daemon, "regenerate-bundle", regenerate_body(absent));

  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(text_of(document, "state_reason"), Catch::Contains("from_bundle_image " + absent));
}

TEST_CASE("the text of a bundle leads to no place inside", "[regenerate][bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration("iib_queues: {iib: 2}\n")};
  daemon.start();
  const auto port = site.registry().port();

  std::vector<Refused> all;
  for (const auto& host :
       {fmt::format("127.1:{}", port), fmt::format("localhost:{}", port),
        fmt::format("2130706433:{}", port), std::string{"127.0.0.1:1"},
        std::string{"169.254.169.254"}, std::string{"'[::1]:443'"}, std::string{"0.0.0.0:80"}}) {
    const bool quoted = host.starts_with('\'');
    const auto plain = quoted ? host.substr(1, host.size() - 2) : host;
    all.push_back({.name = fmt::format("inside-{}", all.size()),
                   .bundle = heron_bundle(heron_csv({"'" + plain + "/wetland/heron:v1'"})),
                   .named = {plain, kHeronCsv, "iib_allowed_registries"}});
  }
  check_refused(daemon, site, all);
}

TEST_CASE("registries that the operator does not list are not asked", "[regenerate][bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  push_operand(site, "wetland/heron");
  const auto fine = site.pull_spec("wetland/heron:v1");
  const auto bundle = site.push_image("fine", heron_bundle(heron_csv({fine})));
  Daemon daemon{site.state(), site.configuration(fmt::format("iib_allowed_registries: ['{}']\n",
                                                             site.registry().address()))};
  daemon.start();

  check_refused(daemon, site,
                {{.name = "elsewhere",
                  .bundle = heron_bundle(heron_csv({fine, "quay.io/wetland/heron:v1"})),
                  .named = {"quay.io/wetland/heron:v1", kHeronCsv, "iib_allowed_registries"}},
                 {.name = "short",
                  .bundle = heron_bundle(heron_csv({"busybox"})),
                  .named = {"busybox", "docker.io", kHeronCsv, "iib_allowed_registries"}}});
  CHECK(text_of(build(daemon, "regenerate-bundle", regenerate_body(bundle)), "state") ==
        "complete");
}

TEST_CASE("a bundle that names ten thousand images is refused before any is asked for",
          "[regenerate][bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  std::vector<std::string> images;
  for (int i = 0; i < 10'000; ++i) {
    images.push_back(site.pull_spec(fmt::format("wetland/heron{}:v1", i)));
  }
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();

  const auto bundle = site.push_image("many", heron_bundle(heron_csv(images)));
  const auto begin = std::chrono::steady_clock::now();
  const auto document = build(daemon, "regenerate-bundle", regenerate_body(bundle));

  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(text_of(document, "state_reason"), Catch::Contains("10000 images"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{100});
}

TEST_CASE("ten thousand places that name one image are all pinned", "[regenerate]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  const auto digest = push_operand(site, "wetland/heron");
  const std::vector<std::string> images(10'000, site.pull_spec("wetland/heron:v1"));
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();

  const auto bundle = site.push_image("many", heron_bundle(heron_csv(images)));
  const auto document = build(daemon, "regenerate-bundle", regenerate_body(bundle));

  INFO(text_of(document, "state_reason"));
  REQUIRE(text_of(document, "state") == "complete");
  const auto csv = contents_of(site.registry(), text_of(document, "bundle_image")).files[kHeronCsv];
  CHECK(csv.find("wetland/heron:v1") == std::string::npos);
  CHECK_THAT(csv, Catch::Contains("- name: c10000\n      image: " +
                                  site.pull_spec("wetland/heron@" + digest)));
}

TEST_CASE("a template with an unknown name stops the start", "[regenerate][bad input]") {
  const TempDir directory{std::filesystem::temp_directory_path(), "template-"};
  Daemon daemon{directory.path() / "state",
                "login_disabled: true\niib_registry: registry.example.com\n"
                "iib_organization_customizations: {acme: {csv_annotations: {a: '{name}'}}}\n"};

  CHECK(daemon.run_to_end() != 0);
  CHECK_THAT(daemon.log(), Catch::Contains("acme") && Catch::Contains("`{package_name}`"));
}

}  // namespace iib::test
