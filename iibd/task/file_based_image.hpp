#pragma once

#include "image_tree.hpp"
#include "index_reading.hpp"
#include "prepare.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>

namespace iib::task {

/// Where an image of ours has its catalog.
inline constexpr auto kConfigsPath = "/configs";
/// And the serve cache that was made of it.
using catalog::kCachePath;

/// How both lie in the image (catalog-fbc 4.2).
[[nodiscard]] TreeForm root_form();
[[nodiscard]] TreeForm cache_form();

/// What is to be pushed: content on bases.
struct IndexImages {
  image::ImageContent content;
  std::map<std::string, model::ImageReference> bases;  ///< By architecture.
  bool on_from_index = false;  ///< Whether they lie on layers of from_index.
  std::map<std::string, image::StackedLayers> stacked{};  ///< By architecture; on their bases.
  /// Of a file-based index: what the images hold, on this host.
  std::optional<UnpackedCatalog> catalog{};
  /// And what from_index holds, if it was read and is its base.
  std::optional<UnpackedCatalog> from{};
};

/// Keeps the catalogs that `made`, which was pushed as `pushed`, holds for the next requests, which
/// takes their files away.
void keep_catalogs(const Context& context, const Preparation& preparation, IndexImages made,
                   std::span<const image::PushedImage> pushed);

/// The images of the file-based `catalog` (catalog-fbc 4.2), whose serve cache is made here, which
/// validates it: one new layer on the binary image; or, where `from` (null: there is none) is the
/// index that it was made of and permits it, one on the images of from_index that holds what
/// changed (6, O1 to O3). `labels` come last. Throws UserError naming what is wrong with the
/// catalog.
[[nodiscard]] IndexImages file_based_images(const Context& context, const Preparation& preparation,
                                            const catalog::Catalog& catalog, const ReadIndex* from,
                                            const std::map<std::string, std::string>& labels);

}  // namespace iib::task
