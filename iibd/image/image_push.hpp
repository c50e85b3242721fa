#pragma once

#include "image/image_source.hpp"

#include <optional>
#include <span>
#include <vector>

namespace iib::image {

/// A blob that an image in the making needs in its repository.
struct NeededBlob {
  Blob blob;
  /// Where it lies already.
  model::ImageReference origin;
  /// Where it has to be.
  model::ImageReference destination;
};

/// Each blob of `needed` once for each repository that needs it.
[[nodiscard]] std::vector<NeededBlob> without_repetitions(std::vector<NeededBlob> needed);

/// Puts the blob into the repository of its destination, in the cheapest way that works: it is
/// there, or the registry mounts it, or it is copied by way of the cache.
void provide(RegistryClient& registry, ImageSource& source, const NeededBlob& needed,
             const Access& access);

/// Puts `image` with all its blobs into the repository of `destination` under its own digest, which
/// stays; gives it as it is pinned there.
model::ImageReference copy_image(RegistryClient& registry, ImageSource& source,
                                 const model::ImageReference& image,
                                 const model::ImageReference& destination, const Access& access);

}  // namespace iib::image
