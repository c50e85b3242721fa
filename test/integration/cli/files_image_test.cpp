#include "files_site.hpp"
#include "package_text.hpp"
#include "registry.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;
using Type = TarEntry::Type;

/// An index image of `configs` with the cache in `served`, whose parts a test may spoil.
struct ServedImage {
  ServedImage() {
    site.write("configs/p/catalog.json", package_text("p", "s", "p.v1"));
    site.ok({"cache", "configs", "--output", "served", "--layer-modes"});
    configs = {{.path = "configs", .content = {}, .type = Type::directory, .mode = 0755},
               {.path = "configs/p", .content = {}, .type = Type::directory, .mode = 0755},
               {.path = "configs/p/catalog.json", .content = site.text("configs/p/catalog.json")}};
    take_cache();
  }

  void take_cache() {
    cache = {{.path = "tmp/cache/digest", .content = site.text("served/digest"), .mode = 0640},
             {.path = "tmp/cache/cache", .content = {}, .type = Type::directory, .mode = 0750}};
    for (const auto& entry : fs::directory_iterator{site.commands.path("served/cache")}) {
      const auto name = "cache/" + entry.path().filename().string();
      cache.push_back(
          {.path = "tmp/cache/" + name, .content = site.text("served/" + name), .mode = 0640});
    }
  }

  /// What validate tells of it.
  Ended validate(const Arguments& more = {}) {
    TestImage image;
    image.layers = {{{.path = "etc/os-release", .content = "NAME=base\n"}}, configs, cache};
    image.labels = {{"operators.operatorframework.io.index.configs.v1", "/configs"}};
    registry.push("index", "1", image);
    Arguments arguments{"validate", "--insecure-registry", registry.address(), "--index", name()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return site.commands.run(arguments);
  }

  [[nodiscard]] std::string name() const { return registry.address() + "/index:1"; }

  FilesSite site;
  Registry registry;
  std::vector<TarEntry> configs;
  std::vector<TarEntry> cache;
};

}  // namespace

TEST_CASE("validate tells whether an image can be served from its cache", "[cli][files]") {
  if (!have_programs({"docker-registry"})) {
    IIBD_SKIP("needs docker-registry on PATH");
  }
  ServedImage image;

  SECTION("it can") {
    CHECK(image.validate().output == image.name() + " is valid\n");
    // Catalogs that were built elsewhere have other modes, and their caches know.
    for (auto* entry : {&image.configs[0], &image.configs[1]}) entry->mode = 0775;
    CHECK(image.validate().status == 1);
    for (const auto* name : {"configs", "configs/p"}) {
      fs::permissions(image.site.commands.path(name), fs::perms{0775});
    }
    image.site.ok({"cache", "configs", "--output", "served"});
    image.take_cache();
    const auto ended = image.validate({"--format", "json"});
    CHECK(ended.status == 0);
    CHECK(ended.json()["notes"].Empty());
  }
  SECTION("there is none, which is no breach") {
    image.cache = {{.path = "tmp/other", .content = "x"}};
    const auto ended = image.validate();
    CHECK(ended.status == 0);
    CHECK_THAT(ended.output, Catch::StartsWith("note  ") && Contains("no cache at /tmp/cache") &&
                                 Contains("ends with status 1") && Contains("is valid\n"));
  }
  SECTION("the catalog is another one") {
    image.configs.push_back({.path = "configs/q.json", .content = package_text("q", "s", "q.v1")});
    const auto ended = image.validate();
    CHECK(ended.status == 1);
    CHECK_THAT(ended.output, Catch::StartsWith("serve-cache           /tmp/cache/digest: ") &&
                                 Contains("is " + image.site.text("served/digest") + ", but") &&
                                 Contains("iibd catalog cache") && Contains("has one breach"));
    const auto told = image.validate({"--format", "json"});
    const auto json = told.json();
    CHECK(told.status == 1);
    CHECK(iib::io::text_member(json["problems"][0], "rule") == "serve-cache");
    CHECK(iib::io::text_member(json["problems"][0], "file") == "/tmp/cache/digest");
  }
  SECTION("a file of the cache has another mode") {
    image.cache.back().mode = 0644;
    CHECK_THAT(image.validate().output, Contains("has the mode 0644"));
  }
  SECTION("it is something else") {
    image.cache = {{.path = "tmp/cache/file", .content = "x"}};
    CHECK_THAT(image.validate().output, Contains("/tmp/cache: holds something else"));
  }
}

TEST_CASE("the file-based catalog of an image is looked at", "[cli][files]") {
  if (!have_programs({"docker-registry"})) {
    IIBD_SKIP("needs docker-registry on PATH");
  }
  FilesSite site;
  site.ok({"migrate", "index.db", "configs"});
  Registry registry;
  constexpr auto kConfigs = "operators.operatorframework.io.index.configs.v1";
  const auto push = [&](const std::string& tag, const std::string& label) {
    TestImage image;
    image.layers = {{{.path = "etc/os-release", .content = "NAME=base\n"}},
                    {{.path = "configs/heron-operator/catalog.json",
                      .content = site.text("configs/heron-operator/catalog.json")},
                     {.path = "configs/otter-operator/catalog.json",
                      .content = site.text("configs/otter-operator/catalog.json")}}};
    // As inherited from a base that once held a database.
    image.labels = {{kConfigs, label},
                    {"operators.operatorframework.io.index.database.v1", "/database/index.db"}};
    registry.push("index", tag, image);
    return registry.address() + "/index:" + tag;
  };
  const auto index = push("1", "/configs");
  const Arguments plain{"--insecure-registry", registry.address()};
  const auto run = [&](Arguments arguments) {
    arguments.insert(arguments.begin() + 1, plain.begin(), plain.end());
    return site.commands.run(arguments);
  };

  CHECK(run({"diff", "configs", index}).output == "the catalogs do not differ\n");
  CHECK_THAT(run({"validate", "--index", index}).output, Catch::EndsWith(index + " is valid\n"));
  CHECK(run({"render", index}).output == site.ok({"render", "configs"}));
  CHECK(run({"merge", index, "configs", "--output", "merged"}).status == 0);
  CHECK(site.ok({"diff", "configs", "merged"}) == "the catalogs do not differ\n");

  const auto removed = run({"rm", "--index", index, "--output", "left.db", "otter-operator"});
  CHECK(removed.status != 0);
  CHECK_THAT(removed.errors, Contains("holds a file-based catalog"));

  const auto elsewhere = push("2", "/../../catalogs");
  CHECK_THAT(run({"list", "--index", elsewhere}).errors, Contains("has no directory /catalogs"));
  registry.push("bundle", "1", bundle_image(directory_of("heron-operator/1.0.0")));
  const auto bundle = registry.address() + "/bundle:1";
  CHECK_THAT(run({"list", "--index", bundle}).errors, Contains("it is no index image"));
  CHECK_THAT(run({"render", bundle, index}).output, Contains("\"image\": \"" + bundle + "\""));
}
