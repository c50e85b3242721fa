#pragma once

#include "image/container_storage.hpp"
#include "image/tool_runner.hpp"

#include <span>

namespace iib::image {

/// Pushes a Docker v2 manifest list of `images`, sorted by architecture, to `destination`; gives
/// its digest. The list made in the local storage on the way is removed.
[[nodiscard]] model::Digest push_manifest_list(const ToolRunner& tools, ContainerStorage& storage,
                                               const model::ImageReference& destination,
                                               std::span<const PushedImage> images,
                                               const Access& access);

}  // namespace iib::image
