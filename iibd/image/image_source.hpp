#pragma once

#include "iib/base/guarded.hpp"
#include "iib/image/engine.hpp"
#include "image/identities.hpp"
#include "image/layer_cache.hpp"
#include "image/registry/client.hpp"
#include "image/turn.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace iib::image {

/// Reads images of registries: small things are remembered, layers kept in the cache. Safe to call
/// from any thread.
class ImageSource {
 public:
  /// Where "now" comes from, for tests.
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  /// Both must outlive it.
  ImageSource(RegistryClient& registry, LayerCache& cache,
              Now now = std::chrono::steady_clock::now);

  /// The raw manifest. One that is asked for by digest, and a config, is remembered for some
  /// minutes, for requests with the same credentials.
  [[nodiscard]] RawManifest manifest(const model::ImageReference& image, const Access& access);
  /// The raw manifest of a single image. Throws UserError for anything else.
  [[nodiscard]] std::string image_manifest(const model::ImageReference& image,
                                           const Access& access);
  /// The raw config of a single image.
  [[nodiscard]] std::string config(const model::ImageReference& image, const Access& access);
  /// Remembers a manifest or config that was put there just now; `pinned` has its digest.
  void note(const model::ImageReference& pinned, const RawManifest& text, const Access& access);
  /// A layer of `image`, from the cache or its registry; one request at a time fetches it.
  [[nodiscard]] LayerCache::Held layer(const model::ImageReference& image, const Blob& blob,
                                       const Access& access);

 private:
  /// The login, so that one's rights are not another's, and the digest of the bytes.
  using Key = std::pair<std::string, std::string>;
  struct Text {
    RawManifest raw;
    std::chrono::steady_clock::time_point since;
  };
  struct Known {
    std::map<Key, Text> texts;
    std::size_t bytes = 0;
  };

  [[nodiscard]] Key key_of(const model::ImageReference& image, const model::Digest& digest,
                           const Access& access);
  [[nodiscard]] std::optional<RawManifest> recall(const Key& key);
  void remember(const Key& key, const RawManifest& text);

  RegistryClient& registry_;
  LayerCache& cache_;
  Now now_;
  Identities identities_;
  Guarded<Known> known_;
  TurnsByName fetching_;
};

}  // namespace iib::image
