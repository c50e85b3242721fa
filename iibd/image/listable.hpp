#pragma once

#include "iib/image/engine.hpp"

#include <span>
#include <vector>

namespace iib::image {

/// `images` as they stand in the manifest list `destination`: sorted by architecture. Throws
/// ExternalError naming the list when there are none.
[[nodiscard]] std::vector<PushedImage> listable(const model::ImageReference& destination,
                                                std::span<const PushedImage> images);

}  // namespace iib::image
