#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace iib::bench {

/// Compresses one member; gives its size.
using Compress = std::function<std::size_t(std::span<const char>, std::span<char>)>;

/// A library at one of its levels.
struct Compressor {
  std::string name;
  /// Makes what one thread compresses with.
  std::function<Compress()> make;
};

/// libdeflate, and ISA-L where the build has it.
[[nodiscard]] std::vector<Compressor> compressors();

/// Compresses `plain` in members of `member_bytes` by `threads` threads; gives the size of all.
[[nodiscard]] std::size_t compress_members(const Compressor& compressor,
                                           std::span<const char> plain, std::size_t member_bytes,
                                           unsigned threads);

}  // namespace iib::bench
