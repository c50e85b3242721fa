#include "base_image.hpp"

#include "iib/base/sha256.hpp"
#include "test_layer.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::test {
namespace {

constexpr auto kManifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr auto kConfig = "application/vnd.docker.container.image.v1+json";
constexpr auto kLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip";

std::string descriptor(std::string_view media_type, const std::string& content) {
  return fmt::format(R"({{"mediaType":"{}","size":{},"digest":"sha256:{}"}})", media_type,
                     content.size(), sha256_hex(content));
}

std::string push_image(Registry& registry, const std::string& architecture,
                       const std::string& release) {
  const auto layer = make_layer(
      {{.path = "bin/opm", .content = fmt::format("opm {} for {}", release, architecture)}});
  const auto config = fmt::format(
      R"({{"architecture":"{}","os":"linux","config":{{}},"created":"2024-01-01T00:00:00Z",)"
      R"("history":[{{"created":"2024-01-01T00:00:00Z","created_by":"ADD opm"}}],)"
      R"("rootfs":{{"type":"layers","diff_ids":["sha256:{}"]}}}})",
      architecture, sha256_hex(layer.tar));
  registry.put_blob("base", layer.compressed);
  registry.put_blob("base", config);
  return registry.put_manifest(
      "base", architecture, kManifest,
      fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})", kManifest,
                  descriptor(kConfig, config), descriptor(kLayer, layer.compressed)));
}

}  // namespace

void push_base_with_history(Site& site, const std::vector<std::string>& architectures,
                            const std::string& release) {
  std::vector<std::pair<std::string, std::string>> images;
  for (const auto& architecture : architectures) {
    images.emplace_back(architecture, push_image(site.registry(), architecture, release));
  }
  site.registry().push_list("base", "v1", images);
}

}  // namespace iib::test
