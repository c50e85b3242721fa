#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::test {

/// What a size record says of a file that no disk here holds.
inline constexpr std::uint64_t kHundredGigabytes = 100ULL << 30U;

/// A tar archive written by hand: what no tool writes.
class RawTar {
 public:
  static constexpr std::size_t kBlock = 512;

  /// `kind` as the format writes it: '0' a file, '2' a symbolic link, '3' a device.
  RawTar& entry(const std::string& name, char kind = '0', std::string_view content = "",
                const std::string& target = "") {
    header(name, kind, content.size(), target);
    return body(content);
  }
  /// A header without what it announces.
  RawTar& header(const std::string& name, char kind, std::uint64_t size,
                 const std::string& target = "") {
    std::string block(kBlock, '\0');
    block.replace(0, name.size(), name);
    block.replace(100, 7, "0000644");
    block.replace(108, 7, "0000000");
    block.replace(116, 7, "0000000");
    block.replace(124, 11, fmt::format("{:011o}", size));
    block.replace(136, 11, "00000000000");
    block.replace(148, 8, "        ");
    block[156] = kind;
    block.replace(157, target.size(), target);
    block.replace(257, 8, "ustar\00000", 8);
    unsigned sum = 0;
    for (const char byte : block) sum += static_cast<unsigned char>(byte);
    block.replace(148, 7, fmt::format("{:06o}", sum) + '\0');
    bytes_ += block;
    return *this;
  }
  /// Records about the next entry, such as `path` and `size`.
  RawTar& pax(const std::vector<std::pair<std::string, std::string>>& records) {
    std::string text;
    for (const auto& [key, value] : records) {
      const auto rest = fmt::format(" {}={}\n", key, value);
      auto length = rest.size();
      while (fmt::formatted_size("{}", length) + rest.size() != length) {
        length = fmt::formatted_size("{}", length) + rest.size();
      }
      text += std::to_string(length) + rest;
    }
    return entry("PaxHeader", 'x', text);
  }
  /// With the end of an archive.
  [[nodiscard]] std::string bytes() const { return bytes_ + std::string(2 * kBlock, '\0'); }
  /// Without it.
  [[nodiscard]] std::string unfinished() const { return bytes_; }

 private:
  RawTar& body(std::string_view content) {
    bytes_ += content;
    bytes_.append((kBlock - content.size() % kBlock) % kBlock, '\0');
    return *this;
  }

  std::string bytes_;
};

}  // namespace iib::test
