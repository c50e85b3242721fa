// The life of a file-based index, request by request, through the real daemon with both image
// engines. After each one our own reader looks at every image as a container would see it.

#include "base_image.hpp"
#include "fragments.hpp"
#include "iib/base/sha256.hpp"
#include "iib/io/process.hpp"
#include "served_index.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace iib::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Texts = std::vector<std::string>;

/// The result of a request, which must be complete.
std::string index_of(const io::JsonDocument& document) {
  INFO(io::to_json(document));
  REQUIRE(text_of(document, "state") == "complete");
  return text_of(document, "index_image");
}

/// Whether the history of the binary image tells of all its layers.
enum class History { complete, missing };

/// A daemon and an empty file-based index.
struct Life {
  explicit Life(History history, const Texts& architectures = {"amd64", "s390x"})
      : daemon{prepared(site, engine).state(), site.configuration()} {
    if (history == History::complete) push_base_with_history(site, {"amd64", "s390x"});
    daemon.start();
    const auto heron = site.push_bundle("heron-operator", "1.0.0");
    database_index =
        build_index(daemon, "add", site.add_body({heron}, {.add_arches = architectures}));
    emptying = build(daemon, "create-empty-index",
                     body(database_index, R"("output_fbc": true, "labels": {"colour": "blue"})"));
    empty = text_of(emptying, "index_image");
  }

  static Site& prepared(Site& site, const std::string& engine) {
    site.use_image_engine(engine);
    return site;
  }

  /// The body of a request on `from_index` that says `more`.
  [[nodiscard]] std::string body(const std::string& from_index, const std::string& more) const {
    return fmt::format(R"({{"from_index": "{}", "binary_image": "{}", {}}})", from_index,
                       site.base(), more);
  }

  std::string add(const std::string& from_index, const std::string& version) {
    const auto bundle = site.push_bundle("otter-operator", version);
    return build_index(daemon, "add", site.add_body({bundle}, {.from_index = from_index}));
  }

  /// The final document of a request that takes `fragments`; `more` begins with a comma.
  io::JsonDocument taking(const std::string& from_index, const Texts& fragments,
                          const std::string& more = {}) {
    return build(daemon, "fbc-operations",
                 body(from_index, fmt::format(R"("fbc_fragments": ["{}"]{})",
                                              fmt::join(fragments, R"(", ")"), more)));
  }

  std::string take(const std::string& from_index, const Texts& fragments) {
    return index_of(taking(from_index, fragments));
  }

  /// The same for one that deprecates otter-operator 0.1.0 of the hidden database.
  io::JsonDocument deprecating(const std::string& from_index, const std::string& more = {}) {
    return build(
        daemon, "add-deprecations",
        body(from_index, R"("operator_package": "otter-operator", "deprecation_schema": )"
                         R"("{\"schema\": \"olm.deprecations\", \"package\": \"otter-operator\", )"
                         R"(\"entries\": [{\"reference\": {\"schema\": \"olm.bundle\", )"
                         R"(\"name\": \"otter-operator.v0.1.0\"}, \"message\": \"old\"}]}")" +
                             more));
  }

  std::string remove(const std::string& from_index, const Texts& operators,
                     const std::string& more = {}) {
    return build_index(daemon, "rm",
                       site.rm_body(operators, {.from_index = from_index, .more = more}));
  }

  /// The image `repository`:latest by its digest.
  std::string pinned(const std::string& repository) {
    return fmt::format("{}@sha256:{}", site.pull_spec(repository),
                       sha256_hex(site.registry().manifest(repository, "latest")));
  }

  std::string push_fragment(const std::string& package, const std::string& version) {
    return site.push_image("fragment-" + package,
                           fragment_image(package, package_blobs(package, version)));
  }

  std::string engine = IIBD_EACH_IMAGE_ENGINE();
  Site site{{"amd64", "s390x"}};
  Daemon daemon;
  std::string database_index;
  io::JsonDocument emptying;  ///< The final document of the request that made `empty`.
  std::string empty;
};

/// The reasons of the states that follow the acceptance; the last is the end.
Texts steps_of(const io::JsonDocument& document) {
  auto history = history_of(document);
  history.erase(history.begin());
  return history;
}

/// Looks at both images of `index`; gives the first.
ServedIndex check_served(Life& life, const std::string& index) {
  for (const std::size_t number : {1U, 0U}) {
    ServedIndex served{life.site.registry(), index, number};
    const auto check = served.check();
    CHECK(check.state == catalog::fbc::CacheState::up_to_date);
    CHECK(check.recorded == check.expected);
    CHECK(served.mode("configs") == 0755);
    const auto& config = served.image().config["config"];
    CHECK(text_of(config["Labels"], kConfigsLabel) == "/configs");
    CHECK(texts_of(config, "Entrypoint") == Texts{"/bin/opm"});
    CHECK(texts_of(config, "Cmd") == Texts{"serve", "/configs", "--cache-dir=/tmp/cache"});
    CHECK(served.image().config["rootfs"]["diff_ids"].Size() == served.image().layers.size());
  }
  // What an index holds is the same everywhere, and pushed once (catalog-fbc 6, O5). Buildah makes
  // it for each architecture.
  const auto images = read_index(life.site.registry(), index).images;
  if (life.engine == "embedded") {
    CHECK(images.at(0).layers.back() == images.at(1).layers.back());
  }
  return ServedIndex{life.site.registry(), index};
}

bool holds(const Texts& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

constexpr auto kDatabasePath = "var/lib/iib/_hidden/do.not.edit.db";
constexpr auto kOtters = "otter-operator/catalog.json";
constexpr auto kDeprecations = "_operator-deprecations-content/otter-operator/otter-operator.json";

}  // namespace

TEST_CASE("a file-based index lives from no package to many and back", "[fbc]") {
  IIBD_NEEDS_TOOLS();
  Life life{History::complete};
  const auto emptied = check_served(life, life.empty);
  CHECK(emptied.files().empty());
  CHECK(emptied.database_bundles().empty());
  CHECK(text_of(emptied.image().config["config"]["Labels"], "colour") == "blue");
  const auto base_layers = emptied.image().layers.size() - 1;
  constexpr auto kBuilding = "Building the index image for the architectures: amd64, s390x";
  CHECK(steps_of(life.emptying) ==
        Texts{"Resolving the images", kBuilding, "Listing the packages of the index",
              "Removing all 1 packages", "Adding the labels", "Creating the manifest list",
              "The empty index image was pushed"});

  // Its label stands in the way of a layer on top of it.
  const auto one = life.add(life.empty, "0.1.0");
  const auto first = check_served(life, one);
  CHECK(first.files() == Texts{kOtters});
  CHECK(first.database_bundles() == Texts{"otter-operator.v0.1.0"});
  CHECK(first.image().layers.size() == base_layers + 1);

  const auto tern = life.push_fragment("tern", "1.0.0");
  const auto wren = life.push_fragment("wren", "2.0.0");
  const auto taking = life.taking(one, {tern, wren});
  const auto two = index_of(taking);
  CHECK(steps_of(taking) == Texts{"Resolving the fragments", "Resolving the images", kBuilding,
                                  "Extracting the packages of 2 fragments",
                                  "Adding the packages of fragment 1 of 2: tern",
                                  "Adding the packages of fragment 2 of 2: wren",
                                  "Creating the manifest list",
                                  "The index image was pushed with the packages of 2 fragments"});
  CHECK(texts_of(taking, "fbc_fragments") == Texts{tern, wren});
  CHECK(texts_of(taking, "fbc_fragments_resolved") ==
        Texts{life.pinned("fragment-tern"), life.pinned("fragment-wren")});
  CHECK(taking["fbc_fragment"].IsNull());
  CHECK(taking["fbc_fragment_resolved"].IsNull());
  const auto second = check_served(life, two);
  CHECK(second.files() == Texts{kOtters, "tern/catalog.json", "wren/catalog.json"});
  CHECK(second.read(kOtters) == first.read(kOtters));
  CHECK(second.read("tern/catalog.json") == package_blobs("tern", "1.0.0"));
  CHECK(second.image().layers.size() == base_layers + 2);
  CHECK(second.top_paths() ==
        Texts{"configs/tern/catalog.json", "configs/wren/catalog.json",
              "tmp/cache/cache/packages.json", "tmp/cache/cache/tern_stable_tern.v1.0.0.json",
              "tmp/cache/cache/wren_stable_wren.v2.0.0.json", "tmp/cache/digest"});

  // What only the catalog has stays as it is when the database changes.
  const auto three = life.add(two, "0.2.0");
  const auto third = check_served(life, three);
  CHECK(third.database_bundles() == Texts{"otter-operator.v0.1.0", "otter-operator.v0.2.0"});
  CHECK(third.read("tern/catalog.json") == second.read("tern/catalog.json"));
  CHECK(third.image().layers.size() == base_layers + 3);
  CHECK(holds(third.top_paths(), kDatabasePath));
  CHECK_FALSE(holds(third.top_paths(), "configs/tern/catalog.json"));
  CHECK(std::none_of(
      third.top_paths().begin(), third.top_paths().end(),
      [](const std::string& path) { return path.starts_with("tmp/cache/cache/tern_"); }));

  const auto deprecating = life.deprecating(three);
  const auto four = index_of(deprecating);
  CHECK(steps_of(deprecating) ==
        Texts{"Resolving the images", kBuilding, "Reading the index",
              "Adding the deprecations of the package otter-operator", "Creating the manifest list",
              "The index image was pushed with the deprecations of otter-operator"});
  const auto fourth = check_served(life, four);
  CHECK_THAT(fourth.read(kDeprecations), Contains("olm.deprecations") && Contains("old"));
  CHECK_FALSE(holds(fourth.top_paths(), kDatabasePath));

  const auto five = life.remove(four, {"wren", "nobody"});
  const auto fifth = check_served(life, five);
  CHECK(fifth.files() == Texts{kDeprecations, kOtters, "tern/catalog.json"});
  CHECK(holds(fifth.top_paths(), "configs/.wh.wren"));

  REQUIRE(put_over(life.site, five, life.site.pull_spec("catalog/main:v1")));
  const auto main = life.site.pull_spec("catalog/main:v1");
  CHECK(life.remove(main, {"otter-operator"}, R"(,"overwrite_from_index":true)") == main);
  const auto sixth = check_served(life, main);
  CHECK(sixth.files() == Texts{"tern/catalog.json"});
  CHECK(sixth.database_bundles().empty());
  CHECK(sixth.image().layers.size() == base_layers + 6);
}

TEST_CASE("an index whose history does not tell of its layers can be built on", "[fbc]") {
  IIBD_NEEDS_TOOLS();
  Life life{History::missing};
  const auto tern = life.push_fragment("tern", "1.0.0");
  const auto one = life.add(life.empty, "0.1.0");

  const auto document =
      build(life.daemon, "fbc-operations",
            life.body(one, fmt::format(R"("fbc_fragment": "{}", "add_arches": ["amd64"])", tern)));

  REQUIRE(text_of(document, "state") == "complete");
  CHECK(text_of(document, "fbc_fragment") == tern);
  CHECK_THAT(text_of(document, "fbc_fragment_resolved"), Contains("fragment-tern@sha256:"));
  CHECK(document["fbc_fragments_resolved"].Empty());
  CHECK(texts_of(document, "arches") == Texts{"amd64", "s390x"});
  const auto history = history_of(document);
  CHECK(holds(history, "Adding the packages of fragment 1 of 1: tern"));
  CHECK(holds(history, "Creating the manifest list"));
  CHECK_THAT(life.daemon.log(), Contains("package tern added: bundles +1 -0"));
  const auto served = check_served(life, text_of(document, "index_image"));
  CHECK(served.files() == Texts{kOtters, "tern/catalog.json"});
  CHECK(served.database_bundles() == Texts{"otter-operator.v0.1.0"});
}

TEST_CASE("what a catalog ignores is ignored when the log tells what changed", "[fbc]") {
  IIBD_NEEDS_TOOLS();
  Life life{History::complete};
  const auto readme = "# Wren\n";  // no catalog could be read with it
  const auto index = life.site.push_image(
      "ignoring", {.layers = {{{.path = "configs/.indexignore", .content = "*.md\n"},
                               {.path = "configs/wren/README.md", .content = readme},
                               {.path = "configs/wren/catalog.json",
                                .content = package_blobs("wren", "1.0.0")}}},
                   .labels = {{kConfigsLabel, "/configs"}}});
  const auto wren = life.push_fragment("wren", "2.0.0");

  const auto result = build(
      life.daemon, "fbc-operations",
      life.body(index, fmt::format(R"("fbc_fragment": "{}", "add_arches": ["amd64"])", wren)));

  CHECK(text_of(result, "state") == "complete");
  CHECK_THAT(life.daemon.log(),
             Contains("package wren changed: bundles +1 -1") && !Contains("cannot be told"));
}

TEST_CASE("an index gets a further architecture with a fragment, and a layer that is whole",
          "[fbc]") {
  IIBD_NEEDS_TOOLS();
  Life life{History::complete, {"amd64"}};
  const auto bundle = life.site.push_bundle("otter-operator", "0.1.0");
  const auto one =
      build_index(life.daemon, "add", life.site.add_body({bundle}, {.from_index = life.empty}));
  const ServedIndex before{life.site.registry(), one};
  REQUIRE(read_index(life.site.registry(), one).architectures() == Texts{"amd64"});
  const auto tern = life.push_fragment("tern", "1.0.0");

  const auto document = life.taking(one, {tern}, R"(, "add_arches": ["s390x"])");

  const auto served = check_served(life, index_of(document));
  CHECK(texts_of(document, "arches") == Texts{"amd64", "s390x"});
  CHECK(served.files() == Texts{kOtters, "tern/catalog.json"});
  CHECK(served.database_bundles() == Texts{"otter-operator.v0.1.0"});
  CHECK(served.image().layers.size() == before.image().layers.size());
  for (const auto& path : {std::string{kDatabasePath}, std::string{"configs/"} + kOtters,
                           std::string{"configs/tern/catalog.json"}}) {
    CAPTURE(path);
    CHECK(holds(served.top_paths(), path));
  }
  CHECK_THAT(life.daemon.log(), Contains("it has no image for s390x"));
}

TEST_CASE("fragments and deprecations are put over the index, under build tags too", "[fbc]") {
  IIBD_NEEDS_TOOLS();
  Life life{History::complete};
  const auto main = life.site.pull_spec("catalog/main:v1");
  REQUIRE(put_over(life.site, life.add(life.empty, "0.1.0"), main));
  const auto over = [](const std::string& tag, const std::string& scope) {
    return fmt::format(R"(, "overwrite_from_index": true, "build_tags": ["{}"], )"
                       R"("distribution_scope": "{}")",
                       tag, scope);
  };
  const auto check_over = [&](const io::JsonDocument& document, const std::string& tag,
                              const std::string& scope) {
    CHECK(index_of(document) == main);
    CHECK(texts_of(document, "build_tags") == Texts{tag});
    auto& registry = life.site.registry();
    const auto manifest = registry.manifest("catalog/main", "v1");
    CHECK(registry.manifest("iib-build", tag) == manifest);
    CHECK(registry.manifest("iib-build", std::to_string(document["id"].GetInt64())) == manifest);
    const auto steps = steps_of(document);
    REQUIRE(steps.size() > 2);
    CHECK(steps[steps.size() - 3] == "Creating the manifest list");
    CHECK_THAT(steps[steps.size() - 2], StartsWith("Overwriting the index image " + main));
    const auto result = read_index(registry, main);
    CHECK(text_of(result.images.front().config["config"]["Labels"],
                  "com.redhat.index.delivery.distribution_scope") == scope);
    return check_served(life, main);
  };

  const auto taking =
      life.taking(main, {life.push_fragment("tern", "1.0.0")}, over("spring", "stage"));
  CHECK(text_of(taking, "distribution_scope") == "stage");  // the other type does not tell it
  const auto taken = check_over(taking, "spring", "stage");
  CHECK(taken.files() == Texts{kOtters, "tern/catalog.json"});

  const auto deprecating = life.deprecating(main, over("summer", "dev"));
  const auto deprecated = check_over(deprecating, "summer", "dev");
  CHECK(deprecated.files() == Texts{kDeprecations, kOtters, "tern/catalog.json"});
  CHECK(deprecated.image().layers.size() == taken.image().layers.size() + 1);
}

TEST_CASE("bundles of a file-based index are added and deprecated in one request", "[fbc]") {
  IIBD_NEEDS_TOOLS();
  Life life{History::complete};
  const auto old = life.site.push_bundle("otter-operator", "0.1.0");
  const auto both = life.add(life.add(life.empty, "0.1.0"), "0.2.0");
  const auto index = life.take(both, {life.push_fragment("tern", "1.0.0")});
  const auto newest = life.site.push_bundle("otter-operator", "0.3.0");

  const auto result = build_index(
      life.daemon, "add",
      life.site.add_body({newest, old},
                         {.from_index = index,
                          .more = fmt::format(R"(,"deprecation_list":["{}"])",
                                              life.site.pull_spec("otter-operator:0.2.0"))}));

  const auto served = check_served(life, result);
  CHECK(served.files() == Texts{kOtters, "tern/catalog.json"});
  CHECK(served.database_bundles() == Texts{"otter-operator.v0.2.0", "otter-operator.v0.3.0"});
  CHECK_THAT(served.read(kOtters), !Contains("otter-operator.v0.1.0\","));
  CHECK_THAT(life.daemon.log(), Contains("is already in the index and is not added again"));
}

TEST_CASE("opm finds the cache of a changed index up to date", "[fbc]") {
  IIBD_NEEDS_TOOLS();
  if (!have_programs({"opm"})) IIBD_SKIP("needs opm on PATH");
  Life life{History::complete};
  auto tern = package_blobs("tern", "1.0.0");
  const std::string channel = R"("defaultChannel": "stable")";
  tern.insert(tern.find(channel) + channel.size(),
              R"(, "icon": {"base64data": "PHN2Zy8+", "mediatype": "image/svg+xml"})");
  const auto fragment = life.site.push_image("fragment-tern", fragment_image("tern", tern));
  const auto taken =
      life.take(life.add(life.empty, "0.1.0"), {fragment, life.push_fragment("wren", "1.0.0")});
  const auto result = life.remove(taken, {"wren"});
  const ServedIndex served{life.site.registry(), result};
  CHECK(served.read("tern/catalog.json") == tern);
  served.apply_modes();
  const auto digest = served.check().recorded;
  const TempDir directory{std::filesystem::temp_directory_path(), "opm-"};
  io::ProgramRunner programs{directory.path()};
  const auto run = [&](const Texts& arguments) {
    return programs.run({.name = "opm", .arguments = arguments}, {}).status;
  };

  CHECK(run({"validate", served.root().string()}) == 0);
  CHECK(run({"serve", served.root().string(), "--cache-dir=" + served.cache().string(),
             "--cache-only", "--termination-log=/dev/null"}) == 0);

  // It would have made another one of a cache that is not.
  CHECK(served.check().recorded == digest);
}

}  // namespace iib::test
