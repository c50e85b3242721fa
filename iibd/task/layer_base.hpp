#pragma once

#include "context.hpp"
#include "prepare.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>

namespace iib::task {

/// Why layers of these sizes, those that an index has beside its binary image's from the lowest up,
/// are to become one; empty when they may stay (catalog-fbc 6, O3). The change leaves files of
/// about `left` bytes, unpacked.
[[nodiscard]] std::string obstacle_of_layers(std::span<const std::uint64_t> bytes,
                                             std::uint64_t left);

/// Why an index whose files have `before` bytes does not stay below one whose files have `after`:
/// what a change removes stays in the layers below (O3). Empty when it may.
[[nodiscard]] std::string obstacle_of_removal(std::uint64_t before, std::uint64_t after);

/// What a new layer lies on (catalog-fbc 6, O2).
struct LayerBase {
  /// Why it cannot lie on the layers of from_index; empty when it can.
  std::string obstacle{};
  /// By architecture: the layers of from_index that are not those of the binary image it was built
  /// on, where that is another one than the request's. They lie on this one then; else the image of
  /// from_index is the base.
  std::map<std::string, image::StackedLayers> stacked{};
};

/// Finds what a new layer can lie on, besides the binary image itself. `content` has the settings
/// of the new images, whose files have about `left` bytes. Asks the registry about the images, also
/// those that from_index says to be made from: ours say so in their history.
[[nodiscard]] LayerBase find_layer_base(const Context& context, const Preparation& preparation,
                                        const image::ImageContent& content, std::uint64_t left);

}  // namespace iib::task
