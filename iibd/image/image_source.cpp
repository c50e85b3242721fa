#include "image/image_source.hpp"

#include "iib/base/error.hpp"
#include "image/manifest.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::image {
namespace {

constexpr std::size_t kConfigBytes = 16UL << 20U;
/// Manifests and configs of real images have some KB; larger ones are not worth keeping.
constexpr std::size_t kKeptBytes = 256UL << 10U;
constexpr std::size_t kAllKeptBytes = 16UL << 20U;
/// As long as a token may live: who loses his rights keeps what he may read no longer than so.
constexpr std::chrono::minutes kKeptFor{10};

}  // namespace

ImageSource::ImageSource(RegistryClient& registry, LayerCache& cache, Now now)
    : registry_{registry}, cache_{cache}, now_{std::move(now)} {}

ImageSource::Key ImageSource::key_of(const model::ImageReference& image,
                                     const model::Digest& digest, const Access& access) {
  return {identities_.of(access.auth_file, image),
          fmt::format("{}@{}", image.name(), digest.text())};
}

RawManifest ImageSource::manifest(const model::ImageReference& image, const Access& access) {
  if (!image.digest()) return registry_.manifest(image, access);
  const auto key = key_of(image, *image.digest(), access);
  if (auto known = recall(key)) return *std::move(known);
  auto manifest = registry_.manifest(image, access);
  remember(key, manifest);
  return manifest;
}

std::string ImageSource::image_manifest(const model::ImageReference& image, const Access& access) {
  auto raw = manifest(image, access);
  if (parse_manifest(image, raw.bytes, raw.media_type).kind == ManifestKind::image) {
    return std::move(raw.bytes);
  }
  throw UserError{fmt::format("{} is a list of images where a single one is wanted", image.text())};
}

std::string ImageSource::config(const model::ImageReference& image, const Access& access) {
  const auto blob = config_of(image, image_manifest(image, access));
  const auto key = key_of(image, blob.digest, access);
  if (auto known = recall(key)) return std::move(known->bytes);
  auto bytes = registry_.read_blob(image, blob, kConfigBytes, access);
  remember(key, {.media_type = blob.media_type, .bytes = bytes});
  return bytes;
}

void ImageSource::note(const model::ImageReference& pinned, const RawManifest& text,
                       const Access& access) {
  remember(key_of(pinned, *pinned.digest(), access), text);
}

LayerCache::Held ImageSource::layer(const model::ImageReference& image, const Blob& blob,
                                    const Access& access) {
  const auto turns = fetching_.of(blob.digest.text());
  const Turns::Turn turn{*turns, access.cancellation, "fetching a layer"};
  if (auto held = cache_.find(blob.digest)) return *std::move(held);
  const auto file = cache_.scratch_file();
  registry_.download(image, blob, file, access);
  return cache_.add(blob.digest, file);
}

std::optional<RawManifest> ImageSource::recall(const Key& key) {
  return known_.with([&, oldest = now_() - kKeptFor](Known& known) -> std::optional<RawManifest> {
    const auto found = known.texts.find(key);
    if (found == known.texts.end() || found->second.since < oldest) return std::nullopt;
    return found->second.raw;
  });
}

void ImageSource::remember(const Key& key, const RawManifest& text) {
  const auto bytes = key.first.size() + key.second.size() + text.bytes.size();
  if (text.bytes.size() > kKeptBytes) return;
  known_.with([&, now = now_()](Known& known) {
    if (known.bytes + bytes > kAllKeptBytes) known = {};
    const auto [place, added] = known.texts.insert_or_assign(key, Text{text, now});
    if (added) known.bytes += bytes;  // else it was the same: both are of one digest
  });
}

}  // namespace iib::image
