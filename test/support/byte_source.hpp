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

/// Gives `bytes`, then zeroes without end; tells by `given` how many it was asked for.
inline io::ByteSource endless(std::string bytes, std::uint64_t& given) {
  given = 0;
  return [bytes = std::move(bytes), &given](std::span<char> buffer) {
    std::fill(buffer.begin(), buffer.end(), '\0');
    if (given < bytes.size()) {
      const auto count = std::min<std::size_t>(buffer.size(), bytes.size() - given);
      std::memcpy(buffer.data(), bytes.data() + given, count);
    }
    given += buffer.size();
    return buffer.size();
  };
}

}  // namespace iib::test
