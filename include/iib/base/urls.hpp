#pragma once

#include <string>
#include <string_view>

namespace iib {

/// `text` with the queries of all URLs in it replaced by `?...`: registries redirect to URLs that
/// are signed in their query, which no log may hold.
[[nodiscard]] std::string without_queries(std::string_view text);

}  // namespace iib
