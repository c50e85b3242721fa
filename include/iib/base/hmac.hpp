#pragma once

#include <string>
#include <string_view>

namespace iib {

/// The 32 bytes of HMAC-SHA-256 (RFC 2104, RFC 6234) of `text` with `key`. Throws Error when
/// OpenSSL cannot compute it. Safe to call from any thread.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);

/// The same as 64 lower-case hex digits.
[[nodiscard]] std::string hmac_sha256_hex(std::string_view key, std::string_view text);

}  // namespace iib
