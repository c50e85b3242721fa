#include "bundle_site.hpp"
#include "registry.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

#define NEEDS_REGISTRY()                          \
  do {                                            \
    if (!have_programs({"docker-registry"})) {    \
      IIBD_SKIP("needs docker-registry on PATH"); \
    }                                             \
  } while (false)

namespace {

constexpr auto kBundleLabel = "com.redhat.delivery.operator.bundle";
constexpr auto kManifestsLabel = "operators.operatorframework.io.bundle.manifests.v1";

/// A registry with the images of the bundle: a list, a bundle, and another one.
struct Site : BundleSite {
  Site() {
    const TestImage image{.layers = {{{.path = "a", .content = "b"}}}, .labels = {}};
    auto bundle = image;
    bundle.labels[kBundleLabel] = "true";
    widget = registry.push_base("acme/widget", "1", {"amd64", "arm64"});
    db = registry.push("acme/db", "2", bundle);
    helper = registry.push("acme/helper", "3", image);
    // Text without a dot in its registry is not found in an annotation; this address has dots.
    auto csv = text_of(kCsv);
    for (const auto* name : {"helper:3", "widget:1", "db:2"}) {
      csv = with(csv, fmt::format("quay.io/acme/{}", name),
                 fmt::format("{}/acme/{}", registry.address(), name));
    }
    write(kCsv, csv);
  }

  /// Regenerates by asking the registry.
  Ended ask(const Arguments& more) {
    Arguments arguments{"regenerate", "bundle"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  Registry registry;
  std::string widget;
  std::string db;
  std::string helper;
};

}  // namespace

TEST_CASE("without --digests the registries are asked", "[cli]") {
  NEEDS_REGISTRY();
  Site site;

  const auto ended = site.ask({"--insecure-registry", site.registry.address(), "--rules", "later"});

  CHECK(ended.errors.empty());
  CHECK(ended.status == 0);
  const auto csv = site.text_of(kCsv);
  for (const auto& [name, digest] :
       {std::pair{"widget", site.widget}, {"db", site.db}, {"helper", site.helper}}) {
    CHECK_THAT(csv, Contains(fmt::format("{}/acme/{}@{}", site.registry.address(), name, digest)));
  }
  CHECK_THAT(ended.output, Contains(fmt::format("related bundle: {}/acme/db@{}\n",
                                                site.registry.address(), site.db)));
}

TEST_CASE("an image that its registry does not have is refused", "[cli]") {
  NEEDS_REGISTRY();
  Site site;
  site.write(kCsv, with(site.text_of(kCsv), "widget:1", "widget:9"));
  const auto before = site.files();

  const auto ended = site.ask({"--insecure-registry", site.registry.address(), "--format", "json"});

  CHECK(ended.status == 1);
  CHECK(ended.json()["error"]["code"] == "image_unresolvable");
  CHECK_THAT(ended.errors, Contains("acme/widget:9") && Contains("manager"));
  CHECK(site.files() == before);
}

TEST_CASE("a bundle may not send us to this host unless it is named", "[cli]") {
  NEEDS_REGISTRY();
  Site site;
  const auto before = site.files();

  SECTION("not named") {
    const auto ended = site.ask({"--format", "json"});
    CHECK(ended.status == 1);
    CHECK(ended.json()["error"]["code"] == "image_unresolvable");
    CHECK_THAT(ended.errors, Contains("--insecure-registry") && !Contains("this service"));
    CHECK(site.files() == before);
  }
  SECTION("named by the configuration") {
    site.write("iibd.yaml",
               fmt::format("iib_insecure_registries: [\"{}\"]\n", site.registry.address()));
    CHECK(site.ask({"--config", "iibd.yaml"}).status == 0);
  }
  SECTION("others are allowed") {
    site.write("iibd.yaml", "iib_allowed_registries: [quay.io]\n");
    const auto ended =
        site.ask({"--config", "iibd.yaml", "--insecure-registry", site.registry.address()});
    CHECK(ended.status == 1);
    CHECK_THAT(ended.errors, Contains("iib_allowed_registries") && Contains("--config") &&
                                 !Contains("this service"));
  }
}

TEST_CASE("with --digests no registry is asked, for labels neither", "[cli]") {
  BundleSite site;
  SilentRegistry registry;
  site.write(kCsv, with(site.text_of(kCsv), "quay.io/acme/widget:1", registry.image()));
  site.write("digests.json",
             with(site.text_of("digests.json"), "quay.io/acme/widget:1", registry.image()));

  const auto ended = site.regenerate({"--rules", "later"});

  CHECK(ended.status == 0);
  CHECK_FALSE(registry.waited_for());
}

TEST_CASE("--labels answer alone for labels, registries for digests", "[cli]") {
  NEEDS_REGISTRY();
  Site site;
  site.write("labels.json", "{}");

  const auto ended = site.ask({"--insecure-registry", site.registry.address(), "--rules", "later",
                               "--labels", "labels.json"});

  CHECK(ended.status == 0);
  CHECK_THAT(site.text_of(kCsv), Contains("@" + site.widget));
  CHECK_THAT(ended.output, !Contains("related bundle:"));
}

TEST_CASE("inspect pulls a bundle image and looks where its labels say", "[cli]") {
  NEEDS_REGISTRY();
  Site site;
  const auto [folder, label] = GENERATE(table<std::string, std::string>({
      {"manifests", ""},
      {"opt/own", "/opt/own/"},
  }));
  CAPTURE(folder);
  TestImage image{
      .layers = {{{.path = folder + "/a.yaml", .content = site.text_of(kCsv)},
                  {.path = "metadata/annotations.yaml", .content = site.text_of(kAnnotations)}}},
      .labels = {}};
  if (!label.empty()) image.labels[kManifestsLabel] = label;
  site.registry.push("acme/bundle", "1", image);

  const auto ended = site.run({"inspect", site.registry.address() + "/acme/bundle:1",
                               "--insecure-registry", site.registry.address(), "--format", "json"});

  CHECK(ended.errors.empty());
  REQUIRE(ended.status == 0);
  CHECK(ended.json()["package"] == "widget");
  CHECK(ended.json()["images"].Size() == 3);
}

TEST_CASE("inspect tells of an image that it cannot pull or that is no bundle", "[cli]") {
  NEEDS_REGISTRY();
  Site site;
  const auto [image, reason] = GENERATE(table<std::string, std::string>({
      {"acme/db:2", "has no directory /manifests: it is no bundle image"},
      {"acme/gone:1", "acme/gone:1"},
  }));
  CAPTURE(image);

  const auto ended = site.run({"inspect", site.registry.address() + "/" + image,
                               "--insecure-registry", site.registry.address(), "--format", "json"});

  CHECK(ended.status == 1);
  CHECK_THAT(ended.errors, Contains(reason));
  CHECK(ended.json()["error"]["code"] == "invalid_input");
}
