#include "http_test_server.hpp"
#include "iib/base/sha256.hpp"
#include "raw_tar.hpp"
#include "site.hpp"
#include "test_layer.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <map>
#include <utility>

namespace iib::test {
namespace {

constexpr auto kImageType = "application/vnd.docker.distribution.manifest.v2+json";
constexpr auto kListType = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr auto kOldType = "application/vnd.docker.distribution.manifest.v1+prettyjws";
constexpr auto kChartType = "application/vnd.cncf.helm.chart.v1";
constexpr auto kConfigType = "application/vnd.docker.container.image.v1+json";
constexpr auto kLayerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
constexpr auto kConfig = R"({"architecture":"amd64","os":"linux","config":{"Labels":{}},)"
                         R"("rootfs":{"type":"layers","diff_ids":[]}})";

std::string digest_of(std::string_view bytes) {
  return "sha256:" + sha256_hex(bytes);
}

std::string descriptor(const std::string& type, const std::string& bytes) {
  return fmt::format(R"({{"mediaType":"{}","size":{},"digest":"{}"}})", type, bytes.size(),
                     digest_of(bytes));
}

/// The manifest of an image with this layer.
std::string manifest_of(const std::string& layer) {
  return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})",
                     kImageType, descriptor(kConfigType, kConfig), descriptor(kLayerType, layer));
}

/// The files of a bundle that has nothing wrong with it.
RawTar otter() {
  RawTar tar;
  for (const auto& entry : tar_entries(sample_bundle("otter-operator", "0.1.0"))) {
    if (entry.type == TarEntry::Type::file) tar.entry(entry.path, '0', entry.content);
  }
  return tar;
}

/// A registry that holds what no real one would take: image manifests with their media type by
/// repository, and what it gives for blobs, by digest.
struct Lies {
  std::map<std::string, std::pair<std::string, std::string>> manifests;
  std::map<std::string, std::string> blobs;

  RawAnswer operator()(const RawRequest& request) const {
    const auto line = request.line();
    if (line == "GET /v2/") return answer(200, "{}");
    for (const auto& [repository, manifest] : manifests) {
      if (!line.starts_with(fmt::format("GET /v2/{}/manifests/", repository))) continue;
      return answer(200, manifest.second, "Content-Type: " + manifest.first + "\r\n");
    }
    for (const auto& [digest, bytes] : blobs) {
      if (line.starts_with("GET ") && line.ends_with(digest)) return answer(200, bytes);
    }
    return answer(404);
  }
};

/// An image that a request cannot be built with.
struct BadImage {
  enum class Role { bundle, base };
  std::string pull_spec;
  std::string cause;  ///< What the reason names besides the image.
  Role role = Role::bundle;
};

std::string push_layer(Site& site, const std::string& repository, const std::string& layer) {
  site.registry().put_blob(repository, layer);
  site.registry().put_blob(repository, kConfig);
  site.registry().put_manifest(repository, "latest", kImageType, manifest_of(layer));
  return site.pull_spec(repository + ":latest");
}

/// What a real registry takes.
std::vector<BadImage> pushed_images(Site& site) {
  const std::vector<std::pair<std::string, std::string>> huge{
      {"size", std::to_string(kHundredGigabytes)}};
  const std::string long_text(2'000'000, 'c');
  const std::string long_name(800'000, 'n');
  const std::vector<std::tuple<std::string, RawTar, std::string>> layers{
      {"huge-manifest", otter().pax(huge).header("manifests/huge.yaml", '0', 0),
       "manifests/huge.yaml"},
      {"huge-other", otter().pax(huge).header("other/huge", '0', 0), "other/huge"},
      {"huge-record", otter().pax({{"comment", long_text}}).entry("manifests/a.yaml"),
       "no readable tar archive"},
      {"huge-name", otter().pax({{"path", "manifests/" + long_name}}).entry("short"),
       "name of more than 255 bytes"},
      {"device", otter().entry("metadata/annotations.yaml", '3'), "annotations"},
      {"pipe", otter().entry("manifests", '6'), "manifests"},
  };
  std::vector<BadImage> images;
  for (const auto& [name, tar, cause] : layers) {
    images.push_back({push_layer(site, name, tar.bytes()), cause});
  }
  return images;
}

/// A list of 10,000 architectures without the one that is wanted.
BadImage long_list(Site& site) {
  constexpr int kEntries = 10'000;
  const auto image = site.registry().push(
      "long-list", "one", {.layers = {{{.path = "etc/name", .content = "x"}}}, .labels = {}});
  std::string entries;
  for (int entry = 0; entry < kEntries; ++entry) {
    entries += fmt::format(
        R"({}{{"mediaType":"{}","size":1,"digest":"{}","platform":{{"architecture":"a{}","os":"linux"}}}})",
        entry == 0 ? "" : ",", kImageType, image, entry);
  }
  site.registry().put_manifest(
      "long-list", "latest", kListType,
      fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}})", kListType,
                  entries));
  return {site.pull_spec("long-list:latest"), "amd64", BadImage::Role::base};
}

}  // namespace

TEST_CASE("an image that is damaged, hostile or of another kind fails its request by name",
          "[bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const auto layer = otter().bytes();
  auto other_layer = layer;
  other_layer.back() = 'x';
  const auto digest = digest_of(layer);
  const auto config_digest = digest_of(kConfig);
  const auto chart = fmt::format(R"({{"schemaVersion":2,"mediaType":"{}"}})", kChartType);
  const std::string old = R"({"schemaVersion":1,"fsLayers":[],"history":[]})";
  const HttpTestServer liar{Lies{.manifests = {{"old", {kOldType, old}},
                                               {"chart", {kChartType, chart}},
                                               {"other-layer", {kImageType, manifest_of(layer)}}},
                                 .blobs = {{digest, other_layer}, {config_digest, kConfig}}}};
  const auto lie = [&](const std::string& name) { return liar.address() + "/" + name; };
  using Role = BadImage::Role;
  auto images = pushed_images(site);
  images.push_back(long_list(site));
  for (const auto role : {Role::bundle, Role::base}) {
    images.push_back({lie("old:latest"), "schema 1", role});
    images.push_back({lie("chart:latest"), kChartType, role});
    images.push_back({lie("chart@") + digest, digest_of(chart), role});
  }
  images.push_back({lie("other-layer:latest"), digest});
  auto configuration = site.configuration("iib_queues: {iib: 2}\n");
  const auto registries = fmt::format("['{}'", site.registry().address());
  configuration.replace(configuration.find(registries), registries.size(),
                        fmt::format("{}, '{}'", registries, liar.address()));
  Daemon daemon{site.state(), configuration};
  daemon.start();
  const auto good = site.push_bundle("otter-operator", "0.1.0");

  std::vector<std::int64_t> requests;
  for (const auto& image : images) {
    const bool is_base = image.role == Role::base;
    requests.push_back(submit(
        daemon, "add",
        fmt::format(R"({{"bundles":["{}"],"binary_image":"{}","add_arches":["amd64"]}})",
                    is_base ? good : image.pull_spec, is_base ? image.pull_spec : site.base())));
  }

  for (std::size_t each = 0; each < images.size(); ++each) {
    const auto& image = images[each];
    const auto document = daemon.wait_final(requests[each]);
    CAPTURE(image.pull_spec, io::to_json(document));
    CHECK(text_of(document, "state") == "failed");
    const auto reason = text_of(document, "state_reason");
    const auto repository = image.pull_spec.substr(0, image.pull_spec.find_first_of(":@", 10));
    CHECK_THAT(reason, Catch::Contains(repository) && Catch::Contains(image.cause));
    CHECK_THAT(reason, !Catch::Contains(site.directory().string()) && !Catch::Contains("\n"));
    CHECK(reason.size() < 2000);
    CHECK(site.registry().manifest("iib-build", std::to_string(requests[each])).empty());
  }
  CHECK(std::filesystem::is_empty(site.state() / "work"));
}

}  // namespace iib::test
