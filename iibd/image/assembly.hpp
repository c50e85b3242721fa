#pragma once

#include "iib/base/clock.hpp"
#include "iib/image/engine.hpp"
#include "image/blob.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iib::image {

/// The layer that goes on top of a base.
struct NewLayer {
  Blob blob;              ///< As it is pushed: compressed with gzip.
  model::Digest diff_id;  ///< Of the plain tar.
};

/// An image that is ready to be pushed.
struct Assembled {
  std::string config;             ///< Its bytes.
  Blob config_blob;               ///< What the manifest calls the config.
  std::string manifest;           ///< Its bytes, of Docker v2 schema 2.
  std::vector<Blob> base_layers;  ///< Those below the new one, the lowest first.
};

/// Layers of a base that had to be compressed again, by the text of the digest that the base calls
/// them by.
using Recompressed = std::map<std::string, Blob>;

/// The layers of `base` that Docker's format has no media type for (zstd): assemble() needs them
/// compressed with gzip. Empty for almost every image.
[[nodiscard]] std::vector<Blob> layers_to_recompress(const model::ImageReference& base,
                                                     std::string_view base_manifest);

/// The image of `content` and `layer` on top of `base` (none: on top of nothing; then its manifest
/// and config are empty), for Docker v2 schema 2 whatever the kind of
/// the base, dated `created` to the second. What the base's config tells stays, but for what tells
/// how the base itself was made. Throws UserError naming `base` when its manifest or its config is
/// not that of an image of layers that Docker's format can name, or one is missing in
/// `recompressed`.
[[nodiscard]] Assembled assemble(const std::optional<model::ImageReference>& base,
                                 std::string_view base_manifest, std::string_view base_config,
                                 const ImageContent& content, const NewLayer& layer,
                                 const std::string& architecture, Timestamp created,
                                 const Recompressed& recompressed = {});

/// What a list says of an image besides its architecture, taken from the image's config. Empty
/// members are not told.
struct Platform {
  std::string variant{};
  std::string os_version{};
  std::vector<std::string> os_features{};
};

/// The platform that the raw config of `image` tells.
[[nodiscard]] Platform platform_of(const model::ImageReference& image, std::string_view config);

/// An image as a list names it.
struct ListedImage {
  std::string architecture;
  model::Digest digest;    ///< Of its manifest, of Docker v2 schema 2.
  std::uint64_t size = 0;  ///< Of its manifest.
  Platform platform{};
};

/// The Docker manifest list of `images`, sorted by architecture.
[[nodiscard]] std::string assemble_list(std::span<const ListedImage> images);

}  // namespace iib::image
