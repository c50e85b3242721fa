#pragma once

#include "web/http.hpp"

namespace iib::web {

/// `whole`, which has a source, or the part of it that `request` asks for (RFC 9110, 14): one range
/// of bytes. Several ranges, and what cannot be read, are ignored, as the standard allows.
[[nodiscard]] HttpResponse in_range(HttpResponse whole, const HttpRequest& request);

}  // namespace iib::web
