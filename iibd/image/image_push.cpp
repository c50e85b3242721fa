#include "image/image_push.hpp"

#include "image/manifest.hpp"

#include <set>
#include <string>
#include <utility>

namespace iib::image {

std::vector<NeededBlob> without_repetitions(std::vector<NeededBlob> needed) {
  std::set<std::pair<std::string, std::string>> seen;
  std::erase_if(needed, [&](const NeededBlob& each) {
    return !seen.emplace(each.destination.name(), each.blob.digest.text()).second;
  });
  return needed;
}

void provide(RegistryClient& registry, ImageSource& source, const NeededBlob& needed,
             const Access& access) {
  const auto& [blob, origin, destination] = needed;
  if (origin.name() == destination.name()) return;
  if (registry.has_blob(destination, blob.digest, access)) return;
  if (origin.registry() == destination.registry() &&
      registry.mount(destination, blob.digest, origin, access)) {
    return;
  }
  const auto held = source.layer(origin, blob, access);
  registry.upload(destination, blob, held.path(), access);
}

model::ImageReference copy_image(RegistryClient& registry, ImageSource& source,
                                 const model::ImageReference& image,
                                 const model::ImageReference& destination, const Access& access) {
  const auto raw = source.image_manifest(image, access);
  const auto parsed = parse_manifest(image, raw);
  auto blobs = layers_of(image, raw);
  blobs.push_back(config_of(image, raw));
  for (auto& blob : blobs) {
    provide(registry, source, {std::move(blob), image, destination}, access);
  }
  auto pinned = destination.at(parsed.digest);
  (void)registry.put_manifest(pinned, parsed.media_type, raw, access);
  return pinned;
}

}  // namespace iib::image
