#include "image/image_push.hpp"

#include "image/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <set>
#include <string>
#include <utility>

namespace iib::image {
namespace {

constexpr std::string_view kStep = "pushing a layer";
constexpr std::string_view kManifestStep = "pushing a manifest";

}  // namespace

std::vector<NeededBlob> without_repetitions(std::vector<NeededBlob> needed) {
  std::set<std::pair<std::string, std::string>> seen;
  std::erase_if(needed, [&](const NeededBlob& each) {
    return !seen.emplace(each.destination.name(), each.blob.digest.text()).second;
  });
  return needed;
}

ImagePush::ImagePush(RegistryClient& registry, ImageSource& source)
    : registry_{registry}, source_{source} {}

std::shared_ptr<Turns> ImagePush::putting(const model::ImageReference& destination,
                                          const model::Digest& digest) {
  return putting_.of(fmt::format("{}@{}", destination.name(), digest.text()));
}

void ImagePush::provide(const NeededBlob& needed, const Access& access) {
  const auto& [blob, origin, destination] = needed;
  if (origin.name() == destination.name() || known_.has(destination, blob.digest)) return;
  const auto turns = putting(destination, blob.digest);
  const Turns::Turn turn{*turns, access.cancellation, kStep};
  if (known_.has(destination, blob.digest)) return;  // another request was faster
  const bool there = registry_.has_blob(destination, blob.digest, access) ||
                     (origin.registry() == destination.registry() &&
                      registry_.mount(destination, blob.digest, origin, access));
  if (!there) {
    const auto held = source_.layer(origin, blob, access);
    registry_.upload(destination, blob, held.path(), access);
  }
  known_.note(destination, blob.digest);
}

bool ImagePush::has(const model::ImageReference& destination, const model::Digest& blob,
                    const Access& access) {
  if (known_.has(destination, blob)) return true;
  if (!registry_.has_blob(destination, blob, access)) return false;
  known_.note(destination, blob);
  return true;
}

void ImagePush::upload(const model::ImageReference& destination, const Blob& blob,
                       const std::filesystem::path& file, const Access& access, Expected expected) {
  put(destination, blob, access,
      [&] { registry_.upload(destination, blob, file, access, expected); });
}

void ImagePush::upload_bytes(const model::ImageReference& destination, const Blob& blob,
                             std::string_view bytes, const Access& access, Expected expected) {
  put(destination, blob, access,
      [&] { registry_.upload_bytes(destination, blob, bytes, access, expected); });
}

void ImagePush::put(const model::ImageReference& destination, const Blob& blob,
                    const Access& access, const std::function<void()>& upload) {
  if (known_.has(destination, blob.digest)) return;
  const auto turns = putting(destination, blob.digest);
  const Turns::Turn turn{*turns, access.cancellation, kStep};
  if (known_.has(destination, blob.digest)) return;  // another request was faster
  upload();
  known_.note(destination, blob.digest);
}

model::Digest ImagePush::put_image(const model::ImageReference& destination,
                                   std::string_view media_type, std::string_view bytes,
                                   std::span<const Blob> blobs,
                                   const std::function<void()>& provide, const Access& access) {
  {
    const auto turns = putting(destination, model::Digest::of(bytes));
    const Turns::Turn turn{*turns, access.cancellation, kManifestStep};
    if (auto digest = registry_.try_put_manifest(destination, media_type, bytes, access)) {
      return *std::move(digest);
    }
  }
  access.log.info("the registry does not take the manifest of {}: its blobs are put there again",
                  destination.text());
  for (const auto& blob : blobs) known_.forget(destination, blob.digest);
  provide();
  return put_manifest(destination, media_type, bytes, access);
}

model::Digest ImagePush::put_manifest(const model::ImageReference& destination,
                                      std::string_view media_type, std::string_view bytes,
                                      const Access& access, std::vector<model::Digest> named,
                                      Tries tries) {
  named.push_back(model::Digest::of(bytes));
  // In one order, so that no two wait for each other; each once.
  std::sort(named.begin(), named.end(),
            [](const auto& left, const auto& right) { return left.hex() < right.hex(); });
  named.erase(std::unique(named.begin(), named.end()), named.end());
  std::vector<std::shared_ptr<Turns>> turns;
  std::list<Turns::Turn> held;
  for (const auto& digest : named) {
    turns.push_back(putting(destination, digest));
    held.emplace_back(*turns.back(), access.cancellation, kManifestStep);
  }
  return registry_.put_manifest(destination, media_type, bytes, access, tries);
}

model::ImageReference ImagePush::copy(const model::ImageReference& image,
                                      const model::ImageReference& destination,
                                      const Access& access) {
  const auto raw = source_.image_manifest(image, access);
  const auto parsed = parse_manifest(image, raw);
  auto blobs = layers_of(image, raw);
  blobs.push_back(config_of(image, raw));
  const auto provide_all = [&] {
    for (const auto& blob : blobs) provide({blob, image, destination}, access);
  };
  provide_all();
  auto pinned = destination.at(parsed.digest);
  (void)put_image(pinned, parsed.media_type, raw, blobs, provide_all, access);
  return pinned;
}

}  // namespace iib::image
