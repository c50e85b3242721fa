#pragma once

#include <string_view>

namespace iib::web {

/// `data/openapi.yaml`, embedded when the daemon was built.
[[nodiscard]] std::string_view openapi_yaml();
/// `data/index.html`, embedded likewise.
[[nodiscard]] std::string_view page_html();

}  // namespace iib::web
