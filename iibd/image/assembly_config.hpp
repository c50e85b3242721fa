#pragma once

#include "image/assembly.hpp"

namespace iib::image {

/// The config of the image of `content` and a layer with this `diff_id` on top of `base`, whose raw
/// config and number of layers are given; of no base, both are empty. Throws as assemble() does.
[[nodiscard]] std::string assemble_config(const std::optional<model::ImageReference>& base,
                                          std::string_view base_config, std::size_t base_layers,
                                          const ImageContent& content, const model::Digest& diff_id,
                                          const std::string& architecture, Timestamp created);

}  // namespace iib::image
