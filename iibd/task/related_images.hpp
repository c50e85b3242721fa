#pragma once

#include "resolve.hpp"

#include <span>

namespace iib::task {

/// When `check_related_images` asks for it: every image that the manifests of `bundles` name must
/// exist and be readable (pipeline 7.3). Throws UserError naming all that are not, or the manifest
/// that cannot be read.
void require_related_images(const Context& context, std::span<const ResolvedBundle> bundles);

}  // namespace iib::task
