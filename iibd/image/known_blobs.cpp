#include "image/known_blobs.hpp"

namespace iib::image {
namespace {

constexpr std::chrono::minutes kKnownFor{10};
/// Of some 250 bytes each.
constexpr std::size_t kMost = 16'384;

std::pair<std::string, std::string> key_of(const model::ImageReference& destination,
                                           const model::Digest& blob) {
  return {destination.name(), std::string{blob.hex()}};
}

}  // namespace

bool KnownBlobs::has(const model::ImageReference& destination, const model::Digest& blob) {
  return seen_.with(
      [key = key_of(destination, blob), oldest = now_() - kKnownFor](const auto& all) {
        const auto found = all.find(key);
        return found != all.end() && found->second > oldest;
      });
}

void KnownBlobs::note(const model::ImageReference& destination, const model::Digest& blob) {
  seen_.with([key = key_of(destination, blob), now = now_()](auto& all) {
    if (all.size() >= kMost) {
      std::erase_if(all, [&](const auto& each) { return each.second <= now - kKnownFor; });
    }
    if (all.size() >= kMost) all.clear();
    all.insert_or_assign(key, now);
  });
}

void KnownBlobs::forget(const model::ImageReference& destination, const model::Digest& blob) {
  seen_.with([key = key_of(destination, blob)](auto& all) { all.erase(key); });
}

}  // namespace iib::image
