#pragma once

#include <string_view>

namespace iib::web {

/// `data/openapi.yaml`, embedded when the daemon was built.
[[nodiscard]] std::string_view openapi_yaml();
/// The plain page, with `@OPERATIONS@` in the place of the table's rows.
[[nodiscard]] std::string_view plain_page_html();
/// The documentation viewer's page, whole; empty when the build had no viewer.
[[nodiscard]] std::string_view viewer_page_html();

}  // namespace iib::web
