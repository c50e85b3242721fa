#pragma once

#include "image/image_source.hpp"
#include "image/known_blobs.hpp"
#include "image/turn.hpp"

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
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

/// Puts blobs and images into repositories. What is the same is put into a repository by one
/// request at a time: docker-registry does not know it for a moment while it comes again. Safe to
/// call from any thread.
class ImagePush {
 public:
  /// Both must outlive it.
  ImagePush(RegistryClient& registry, ImageSource& source);

  /// Puts the blob into the repository of its destination, in the cheapest way that works: it is
  /// or lately was there, or the registry mounts it, or it is copied by way of the cache.
  void provide(const NeededBlob& needed, const Access& access);
  /// Whether the repository of `destination` is known to have the blob, or says so.
  [[nodiscard]] bool has(const model::ImageReference& destination, const model::Digest& blob,
                         const Access& access);
  /// Uploads a file, unless the repository of `destination` has the blob; what is expected to be
  /// absent is not looked for first.
  void upload(const model::ImageReference& destination, const Blob& blob,
              const std::filesystem::path& file, const Access& access, Expected expected);
  /// The same from memory.
  void upload_bytes(const model::ImageReference& destination, const Blob& blob,
                    std::string_view bytes, const Access& access, Expected expected);
  /// Stores the manifest of an image of `blobs`, which were put there. When the registry does not
  /// take it, nothing that was known of them counts: `provide` is to put them there again.
  model::Digest put_image(const model::ImageReference& destination, std::string_view media_type,
                          std::string_view bytes, std::span<const Blob> blobs,
                          const std::function<void()>& provide, const Access& access);
  /// Stores a manifest under the tag of `destination`, or its digest if it has no tag. `named` are
  /// the manifests that a list names.
  model::Digest put_manifest(const model::ImageReference& destination, std::string_view media_type,
                             std::string_view bytes, const Access& access,
                             std::vector<model::Digest> named = {},
                             Tries tries = Tries::as_configured);
  /// Puts `image` with all its blobs into the repository of `destination` under its own digest,
  /// which stays; gives it as it is pinned there.
  [[nodiscard]] model::ImageReference copy(const model::ImageReference& image,
                                           const model::ImageReference& destination,
                                           const Access& access);

 private:
  [[nodiscard]] std::shared_ptr<Turns> putting(const model::ImageReference& destination,
                                               const model::Digest& digest);
  /// Calls `upload`, unless the repository is known to have the blob.
  void put(const model::ImageReference& destination, const Blob& blob, const Access& access,
           const std::function<void()>& upload);

  RegistryClient& registry_;
  ImageSource& source_;
  KnownBlobs known_;
  TurnsByName putting_;
};

}  // namespace iib::image
