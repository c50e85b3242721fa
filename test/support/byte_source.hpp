#pragma once

#include "iib/io/archive.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

namespace iib::test {

/// Gives `bytes`, at most `piece` of them at once.
inline io::ByteSource bytes_of(std::string bytes, std::size_t piece = SIZE_MAX) {
  return [bytes = std::move(bytes), piece, at = std::size_t{0}](std::span<char> buffer) mutable {
    const auto count = std::min({buffer.size(), piece, bytes.size() - at});
    std::memcpy(buffer.data(), bytes.data() + at, count);
    at += count;
    return count;
  };
}

}  // namespace iib::test
