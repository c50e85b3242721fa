#pragma once

#include "iib/image/engine.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace iib::image {

/// Reads the raw manifest that a registry gave for `image` (pipeline 3.1, 3.2). Throws UserError
/// naming image and cause when it is no image or of Docker's schema 1, and ExternalError when its
/// digest is not the one that `image` asks for.
[[nodiscard]] Manifest parse_manifest(const model::ImageReference& image, std::string_view raw);

/// The digests of the layers that the raw manifest of a single image names, the lowest first.
[[nodiscard]] std::vector<model::Digest> layers_of(const model::ImageReference& image,
                                                   std::string_view raw);

/// Reads the raw config of `image`. Labels that are null or absent are none.
[[nodiscard]] ImageConfig parse_config(const model::ImageReference& image, std::string_view raw);

}  // namespace iib::image
