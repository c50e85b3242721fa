#pragma once

#include "iib/base/log.hpp"
#include "iib/image/engine.hpp"

#include <string_view>

namespace iib::image {

/// Tells the log that `image` was pushed and what it consists of, by the manifest as it was sent.
void tell_pushed(const Log& log, const PushedImage& image, std::string_view manifest);

}  // namespace iib::image
