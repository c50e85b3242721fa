#pragma once

#include "iib/image/engine.hpp"
#include "image/blob.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace iib::image {

/// Reads the raw manifest that a registry gave for `image` (pipeline 3.1, 3.2). Throws UserError
/// naming image and cause when it is no image or of Docker's schema 1, and ExternalError when its
/// digest is not the one that `image` asks for. A manifest that does not tell its media type has
/// `content_type`, that of the registry's answer, if that is one of a manifest; else its shape
/// tells.
[[nodiscard]] Manifest parse_manifest(const model::ImageReference& image, std::string_view raw,
                                      std::string_view content_type = {});

/// The layers that the raw manifest of a single image names, the lowest first.
[[nodiscard]] std::vector<Blob> layers_of(const model::ImageReference& image, std::string_view raw);

/// The config that the raw manifest of a single image names.
[[nodiscard]] Blob config_of(const model::ImageReference& image, std::string_view raw);

/// Reads the raw config of `image`. Labels that are null or absent are none.
[[nodiscard]] ImageConfig parse_config(const model::ImageReference& image, std::string_view raw);

}  // namespace iib::image
