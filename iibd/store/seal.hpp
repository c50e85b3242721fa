#pragma once

#include "iib/base/id.hpp"
#include "iib/base/secret.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace iib::store {

/// The length of a key.
inline constexpr std::size_t kKeyBytes = 32;

/// A new key from the system's random source.
[[nodiscard]] Secret make_key();

/// `text` under AES-256-GCM, bound to `request`: as another request's it does not open. Layout: one
/// byte version, 12 bytes nonce, the cipher text, 16 bytes tag.
[[nodiscard]] std::string seal(const Secret& key, RequestId request, const Secret& text);

/// What seal() was given; nothing when key or request are others, or a byte has changed.
[[nodiscard]] std::optional<Secret> open_sealed(const Secret& key, RequestId request,
                                                std::string_view sealed);

}  // namespace iib::store
