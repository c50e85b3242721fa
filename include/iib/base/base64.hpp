#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace iib {

/// The bytes of standard base64 with padding (RFC 4648, 4); nothing when `text` is not that.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// `bytes` as standard base64 with padding.
[[nodiscard]] std::string to_base64(std::string_view bytes);

/// The alphabet that is safe in URLs, without padding (RFC 4648, 5).
[[nodiscard]] std::string to_base64_url(std::string_view bytes);

}  // namespace iib
