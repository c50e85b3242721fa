#include "catalog/fbc/tar_digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace iib::catalog::fbc {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameSize = 100;
constexpr std::size_t kPrefixSize = 155;
constexpr std::string_view kNoTime{"00000000000\0", 12};
constexpr std::string_view kNoNumber{"0000000\0", 8};

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80U; });
}

std::string ascii_of(std::string_view text) {
  std::string ascii{text};
  std::erase_if(ascii, [](char c) { return static_cast<unsigned char>(c) >= 0x80U; });
  return ascii;
}

/// One block; what is not set is NUL.
class Header {
 public:
  Header& put(std::size_t at, std::string_view bytes) {
    std::copy(bytes.begin(), bytes.end(), block_.begin() + static_cast<std::ptrdiff_t>(at));
    return *this;
  }

  /// The fields that are the same in every header, and the check sum.
  std::string finish(char type, unsigned mode, std::uint64_t bytes) {
    put(100, fmt::format("{:07o}", mode & 07777U)).put(108, kNoNumber).put(116, kNoNumber);
    put(124, fmt::format("{:011o}", bytes)).put(136, kNoTime);
    block_[156] = type;
    put(257, "ustar").put(263, "00");
    constexpr unsigned kBlanksInItsPlace = 8U * ' ';
    const unsigned sum = std::accumulate(
        block_.begin(), block_.end(), kBlanksInItsPlace,
        [](unsigned total, char c) { return total + static_cast<unsigned char>(c); });
    put(148, fmt::format("{:06o}", sum));
    block_[155] = ' ';
    return {block_.begin(), block_.end()};
  }

 private:
  std::array<char, kBlock> block_{};
};

/// Where `name` is split into prefix and name; npos when it cannot be.
std::size_t split_of(std::string_view name) {
  const auto at = name.substr(0, kPrefixSize + 1).rfind('/');
  if (at == std::string_view::npos || at == 0 || at > kPrefixSize) return std::string_view::npos;
  const auto rest = name.size() - at - 1;
  return rest >= 1 && rest <= kNameSize ? at : std::string_view::npos;
}

/// `LENGTH path=NAME`, the length being that of the whole line.
std::string pax_record(std::string_view name) {
  const auto rest = fmt::format(" path={}\n", name);
  auto length = rest.size();
  while (rest.size() + std::to_string(length).size() != length) {
    length = rest.size() + std::to_string(length).size();
  }
  return std::to_string(length) + rest;
}

std::string pax_header(std::string_view name) {
  const auto slash = name.rfind('/');
  const auto base = slash == std::string_view::npos ? name : name.substr(slash + 1);
  const auto directory = slash == std::string_view::npos ? "" : name.substr(0, slash + 1);
  auto own_name = ascii_of(fmt::format("{}PaxHeaders.0/{}", directory, base)).substr(0, kNameSize);
  own_name.erase(own_name.find_last_not_of('/') + 1);
  auto record = pax_record(name);
  auto header = Header{}.put(0, own_name).finish('x', 0, record.size());
  record.resize((record.size() + kBlock - 1) / kBlock * kBlock);
  return header + record;
}

/// What stands in the header's field when the true name is in a PAX header: a slash at its end
/// would make it a directory.
std::string stand_in(std::string_view name) {
  const auto ascii = ascii_of(name);
  auto cut = ascii.substr(0, kNameSize);
  if (ascii.size() > kNameSize && cut.back() == '/') cut[cut.find_last_not_of('/') + 1] = '\0';
  return cut;
}

}  // namespace

std::string tar_header(std::string_view name, TarType type, unsigned mode, std::uint64_t bytes) {
  Header header;
  // Device numbers are there in these headers only.
  header.put(329, kNoNumber).put(337, kNoNumber);
  const auto finish = [&] { return header.finish(static_cast<char>(type), mode, bytes); };
  if (is_ascii(name)) {
    if (name.size() <= kNameSize) {
      header.put(0, name);
      return finish();
    }
    const auto at = split_of(name);
    if (at != std::string_view::npos) {
      header.put(345, name.substr(0, at)).put(0, name.substr(at + 1));
      return finish();
    }
  }
  header.put(0, stand_in(name));
  return pax_header(name) + finish();
}

}  // namespace iib::catalog::fbc
