#pragma once

#include "iib/image/engine.hpp"

#include <string>

namespace iib::image {

/// An image as its registry keeps it.
struct ImageText {
  std::string manifest;
  std::string config;
};

/// `base`, which is called `name` in errors, with the upper `stacked.count` layers of
/// `stacked.image`, which is `other`, on top: what the base tells stays, the layers come with their
/// history. Throws UserError naming the one of both that is no image of layers, or has not so many.
[[nodiscard]] ImageText stack(const model::ImageReference& name, const ImageText& base,
                              const StackedLayers& stacked, const ImageText& other);

}  // namespace iib::image
