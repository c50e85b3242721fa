// What the images of file-based indexes lie on: few layers on the binary image, or nothing.

#include "base_image.hpp"
#include "fragments.hpp"
#include "served_index.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <random>
#include <string_view>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;

constexpr std::size_t kBaseLayers = 1;
constexpr std::uint64_t kFewBytes = 1U << 20U;

/// A package with much that does not compress well.
std::string noisy_package(const std::string& package, const std::string& version, unsigned seed,
                          std::size_t bytes = 400'000) {
  std::mt19937 random{seed};
  std::string noise(bytes, 'a');
  std::generate(noise.begin(), noise.end(),
                [&] { return static_cast<char>('0' + static_cast<int>(random() % 64)); });
  std::erase(noise, '\\');
  auto blobs = package_blobs(package, version);
  const auto place = blobs.find(R"("properties": [)");
  blobs.insert(blobs.find('[', place) + 1,
               fmt::format(R"({{"type": "example.noise", "value": "{}"}}, )", noise));
  return blobs;
}

/// A daemon, and an index of the package tern that somebody else made.
struct Layers {
  explicit Layers(const std::string& more = {})
      : daemon{prepared(site, engine).state(), site.configuration(more)} {
    push_base_with_history(site, {"amd64"});
    daemon.start();
    foreign = site.push_image("foreign", {.layers = {{{.path = "configs/tern/catalog.json",
                                                       .content = package_blobs("tern", "1.0.0")}}},
                                          .labels = {{kConfigsLabel, "/configs"}}});
  }

  static Site& prepared(Site& site, const std::string& engine) {
    site.use_image_engine(engine);
    return site;
  }

  /// Takes a fragment of `package` into `from_index`; `more` are further members.
  io::JsonDocument take(const std::string& from_index, const std::string& package,
                        const std::string& blobs, const std::string& more) {
    const auto fragment = site.push_image("fragment-" + package, fragment_image(package, blobs));
    return build(daemon, "fbc-operations",
                 fmt::format(R"({{"from_index": "{}", "fbc_fragments": ["{}"]{}}})", from_index,
                             fragment, more));
  }

  /// The bytes of the layers that an image has on top of the binary image.
  std::vector<std::uint64_t> own_layers(const ServedIndex& index) const {
    std::vector<std::uint64_t> bytes;
    for (const auto& layer : index.image().layers) {
      bytes.push_back(site.registry().blob("iib-build", layer).size());
    }
    bytes.erase(bytes.begin(), bytes.begin() + kBaseLayers);
    return bytes;
  }

  std::string engine = IIBD_EACH_IMAGE_ENGINE();
  mutable Site site;
  Daemon daemon;
  std::string foreign;
};

/// Whether layers of these sizes are too many bytes beside the largest (catalog-fbc 6, O3).
bool too_many(const std::vector<std::uint64_t>& bytes) {
  const auto largest = *std::max_element(bytes.begin(), bytes.end());
  const auto all = std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
  return all - largest > std::max(largest, kFewBytes);
}

void check_up_to_date(const ServedIndex& index) {
  CHECK(index.check().state == catalog::fbc::CacheState::up_to_date);
}

}  // namespace

TEST_CASE("changes are one layer each until they are more than what they change", "[fbc][layers]") {
  IIBD_NEEDS_TOOLS();
  Layers test;
  const auto on_base = fmt::format(R"(, "binary_image": "{}")", test.site.base());
  constexpr auto kReason = "bytes beside the largest";
  auto index = test.foreign;
  std::vector<std::uint64_t> before;
  std::vector<std::size_t> counts;

  for (unsigned change = 0; change < 7; ++change) {
    const auto blobs = noisy_package("wren", fmt::format("1.0.{}", change), change);
    const auto document = test.take(index, "wren", blobs, on_base);
    REQUIRE(text_of(document, "state") == "complete");
    index = text_of(document, "index_image");
    const ServedIndex served{test.site.registry(), index};
    check_up_to_date(served);
    CHECK(served.files() == Texts{"tern/catalog.json", "wren/catalog.json"});
    CHECK(served.read("wren/catalog.json") == blobs);
    const auto own = test.own_layers(served);
    counts.push_back(own.size());
    if (before.empty() || too_many(before)) {
      CHECK(own.size() == 1);
    } else {
      CHECK(own.size() == before.size() + 1);
      CHECK_THAT(test.daemon.log(), !Contains(kReason));
    }
    const bool compacted = !before.empty() && own.size() == 1;
    before = own;
    if (compacted) break;
  }

  CAPTURE(counts);
  CHECK(counts.size() > 2);
  CHECK(counts.back() == 1);
  CHECK_THAT(test.daemon.log(), Contains(kReason));
}

TEST_CASE("what is removed from an index is gone from its layers once it was most of them",
          "[fbc][layers]") {
  IIBD_NEEDS_TOOLS();
  Layers test;
  const auto on_base = fmt::format(R"(, "binary_image": "{}")", test.site.base());
  const auto take = [&](const std::string& index, const std::string& package,
                        const std::string& blobs) {
    const auto document = test.take(index, package, blobs, on_base);
    REQUIRE(text_of(document, "state") == "complete");
    return text_of(document, "index_image");
  };
  constexpr std::size_t kNoise = 3'000'000;
  const auto large = noisy_package("wren", "1.0.0", 1, kNoise);
  const auto one = take(test.foreign, "wren", large);
  const auto two = take(one, "crane", package_blobs("crane", "1.0.0"));
  const ServedIndex before{test.site.registry(), two};
  const auto own = test.own_layers(before);
  REQUIRE(own.size() == 2);
  REQUIRE(own.front() > kNoise / 2);
  const auto remove = [&](const std::string& package) {
    return build_index(test.daemon, "rm", test.site.rm_body({package}, {.from_index = two}));
  };
  constexpr auto kReason = "bytes, unpacked,";

  // Little of it: a layer that says so.
  const ServedIndex without_little{test.site.registry(), remove("crane")};
  check_up_to_date(without_little);
  CHECK(without_little.files() == Texts{"tern/catalog.json", "wren/catalog.json"});
  CHECK(test.own_layers(without_little).size() == 3);
  CHECK_THAT(test.daemon.log(), !Contains(kReason));

  const ServedIndex without_most{test.site.registry(), remove("wren")};
  check_up_to_date(without_most);
  CHECK(without_most.files() == Texts{"crane/catalog.json", "tern/catalog.json"});
  const auto left = test.own_layers(without_most);
  CHECK(left.size() == 1);
  CHECK(left.front() < kFewBytes);
  const auto log = test.daemon.log();
  CHECK_THAT(log, Contains(kReason));

  const auto emptied =
      build_index(test.daemon, "create-empty-index",
                  fmt::format(R"({{"from_index": "{}", "output_fbc": true{}}})", two, on_base));
  const ServedIndex empty{test.site.registry(), emptied};
  check_up_to_date(empty);
  CHECK(empty.files().empty());
  const auto nothing = test.own_layers(empty);
  CHECK(nothing.size() == 1);
  CHECK(nothing.front() < kFewBytes);
  CHECK_THAT(test.daemon.log().substr(log.size()), Contains(kReason));
}

TEST_CASE("a catalog that an earlier request left gives what reading it anew gives",
          "[fbc][layers]") {
  IIBD_NEEDS_TOOLS();
  Layers test;
  const auto on_base = fmt::format(R"(, "binary_image": "{}")", test.site.base());
  const auto kept = [&] { return Contains("is there from an earlier request"); };
  const auto first = test.take(test.foreign, "wren", package_blobs("wren", "1.0.0"), on_base);
  REQUIRE(text_of(first, "state") == "complete");
  const auto index = text_of(first, "index_image");
  const auto take_second = [&] {
    const auto document = test.take(index, "crane", package_blobs("crane", "1.0.0"), on_base);
    REQUIRE(text_of(document, "state") == "complete");
    return text_of(document, "index_image");
  };
  CHECK_THAT(test.daemon.log(), !kept());
  const ServedIndex of_made{test.site.registry(), take_second()};
  const auto log = test.daemon.log();
  CHECK_THAT(log, kept());
  REQUIRE(test.daemon.stop() == 0);
  CHECK(fs::is_empty(test.daemon.state() / "work"));

  test.daemon.start();
  const ServedIndex of_read{test.site.registry(), take_second()};
  CHECK_THAT(test.daemon.log().substr(log.size()), !kept());
  const ServedIndex of_read_before{test.site.registry(), take_second()};

  CHECK_THAT(test.daemon.log().substr(log.size()), kept());
  check_up_to_date(of_made);
  CHECK(of_made.image().layers.size() == kBaseLayers + 2);
  CHECK(of_read.image().layers == of_made.image().layers);
  CHECK(of_read_before.image().layers == of_made.image().layers);
}

TEST_CASE("the layers of an index move to a new release of the binary image", "[fbc][layers]") {
  IIBD_NEEDS_TOOLS();
  Layers test;
  const auto on_base = fmt::format(R"(, "binary_image": "{}")", test.site.base());
  const auto take = [&](const std::string& index, const std::string& package) {
    const auto document = test.take(index, package, package_blobs(package, "1.0.0"), on_base);
    REQUIRE(text_of(document, "state") == "complete");
    return text_of(document, "index_image");
  };
  const auto old = take(take(test.foreign, "wren"), "crane");
  const ServedIndex before{test.site.registry(), old};
  const auto& layers = before.image().layers;
  REQUIRE(layers.size() == kBaseLayers + 2);
  push_base_with_history(test.site, {"amd64"}, "2");

  const auto moved = take(old, "heron");
  const ServedIndex after{test.site.registry(), moved};
  const ServedIndex next{test.site.registry(), take(moved, "ibis")};

  check_up_to_date(after);
  CHECK(after.files() == Texts{"crane/catalog.json", "heron/catalog.json", "tern/catalog.json",
                               "wren/catalog.json"});
  CHECK(after.read("wren/catalog.json") == package_blobs("wren", "1.0.0"));
  CHECK(after.image().layers.front() != layers.front());
  CHECK(after.image().config["history"].Size() == after.image().layers.size());
  CHECK(after.image().config["rootfs"]["diff_ids"].Size() == after.image().layers.size());
  if (test.engine == "tools") {
    CHECK(after.image().layers.size() == kBaseLayers + 1);
    CHECK_THAT(test.daemon.log(), Contains("it was not built on this binary image"));
    return;
  }
  CHECK(after.image().layers.size() == kBaseLayers + 3);
  CHECK(std::equal(layers.begin() + kBaseLayers, layers.end(),
                   after.image().layers.begin() + kBaseLayers));
  CHECK_THAT(test.daemon.log(), Contains("the 2 layers of from_index for amd64 are put on"));
  check_up_to_date(next);
  CHECK(std::equal(after.image().layers.begin(), after.image().layers.end(),
                   next.image().layers.begin()));
}

TEST_CASE("an index whose image cannot be a base is put on the binary image", "[fbc][layers]") {
  IIBD_NEEDS_TOOLS();
  Layers test;
  const auto on_base = fmt::format(R"(, "binary_image": "{}")", test.site.base());
  const auto first = test.take(test.foreign, "wren", package_blobs("wren", "1.0.0"), on_base);
  REQUIRE(text_of(first, "state") == "complete");
  auto& registry = test.site.registry();
  const auto id = std::to_string(first["id"].GetInt64());
  auto manifest = registry.manifest("iib-build", id + "-amd64");
  constexpr std::string_view kGzip = "docker.image.rootfs.diff.tar.gzip";
  const auto place = manifest.rfind(kGzip);
  REQUIRE(place != std::string::npos);
  manifest.replace(place, kGzip.size(), "example.layer");
  registry.put_manifest("iib-build", "odd", "application/vnd.docker.distribution.manifest.v2+json",
                        manifest);

  const auto second = test.take(test.site.pull_spec("iib-build:odd"), "heron",
                                package_blobs("heron", "1.0.0"), on_base);

  INFO(io::to_json(second));
  REQUIRE(text_of(second, "state") == "complete");
  CHECK_THAT(test.daemon.log(), Contains("vnd.example.layer") &&
                                    Contains("building on the binary image instead of from_index"));
  const ServedIndex served{registry, text_of(second, "index_image")};
  check_up_to_date(served);
  CHECK(served.files() == Texts{"heron/catalog.json", "tern/catalog.json", "wren/catalog.json"});
  CHECK(served.image().layers.size() == kBaseLayers + 1);
}

TEST_CASE("an index without a binary image holds the index alone, for amd64", "[fbc][layers]") {
  IIBD_NEEDS_TOOLS();
  Layers test{"iib_binary_image_config: {prod: {v4.5: scratch}}\n"};
  const auto wren = test.take(test.foreign, "wren", package_blobs("wren", "1.0.0"),
                              R"(, "binary_image": "scratch", "add_arches": ["s390x"])");
  REQUIRE(text_of(wren, "state") == "complete");
  CHECK(text_of(wren, "binary_image") == "scratch");
  CHECK(text_of(wren, "binary_image_resolved") == "scratch");
  CHECK(texts_of(wren, "arches") == Texts{"amd64"});

  const auto heron =
      test.take(text_of(wren, "index_image"), "heron", package_blobs("heron", "1.0.0"), "");
  REQUIRE(text_of(heron, "state") == "complete");
  CHECK(text_of(heron, "binary_image") == "scratch");
  const ServedIndex served{test.site.registry(), text_of(heron, "index_image")};
  check_up_to_date(served);
  CHECK(served.files() == Texts{"heron/catalog.json", "tern/catalog.json", "wren/catalog.json"});
  CHECK(served.image().architecture == "amd64");
  CHECK(served.image().layers.size() == 1);
  CHECK_FALSE(served.image().config["config"].HasMember("Entrypoint"));
  CHECK_FALSE(served.image().config["config"].HasMember("Cmd"));
  CHECK_THAT(test.daemon.log(), Contains("the new one is to have no binary image"));

  const auto bundle = test.site.push_bundle("otter-operator", "0.1.0");
  const auto otter = build_index(
      test.daemon, "add", fmt::format(R"({{"bundles": ["{}"], "add_arches": ["s390x"]}})", bundle));
  CHECK(bundles_of(test.site.registry(), otter) == Texts{"otter-operator.v0.1.0"});
  const auto database = read_index(test.site.registry(), otter);
  CHECK(database.images.front().layers.size() == 1);
  CHECK_FALSE(database.images.front().config["config"].HasMember("Entrypoint"));
}

}  // namespace iib::test
