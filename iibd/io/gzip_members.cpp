#include "io/gzip_members.hpp"

#include "iib/io/decompress.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace iib::io {
namespace {

/// Of a member, plain and packed; what cannot be compressed grows by a little. No more is read
/// ahead.
constexpr std::size_t kMostPlain = 512UL << 10U;
constexpr std::size_t kMostPacked = kMostPlain + (16UL << 10U);

class MemberSource {
 public:
  MemberSource(std::string subject, ByteSource source)
      : subject_{std::move(subject)},
        source_{std::move(source)},
        decompressor_{libdeflate_alloc_decompressor(), libdeflate_free_decompressor},
        packed_(kMostPacked),
        plain_(kMostPlain) {}

  std::size_t read(std::span<char> buffer) {
    if (!rest_ && plain_read_ == plain_end_) unpack_next();
    if (rest_) return rest_(buffer);
    const auto bytes = std::min(buffer.size(), plain_end_ - plain_read_);
    std::memcpy(buffer.data(), plain_.data() + plain_read_, bytes);
    plain_read_ += bytes;
    return bytes;
  }

 private:
  /// Fills the buffer of plain bytes, or leaves it empty at the end, or sets what reads the rest.
  void unpack_next() {
    plain_read_ = plain_end_ = 0;
    while (plain_end_ == 0) {
      fill();
      if (packed_read_ == packed_end_) return;
      std::size_t took = 0;
      const auto result = libdeflate_gzip_decompress_ex(
          decompressor_.get(), packed_.data() + packed_read_, packed_end_ - packed_read_,
          plain_.data(), plain_.size(), &took, &plain_end_);
      if (result != LIBDEFLATE_SUCCESS) {
        leave_rest();
        return;
      }
      packed_read_ += took;
      unpacked_any_ = true;
    }
  }

  /// Reads on until a whole member must be there.
  void fill() {
    std::memmove(packed_.data(), packed_.data() + packed_read_, packed_end_ - packed_read_);
    packed_end_ -= packed_read_;
    packed_read_ = 0;
    while (!source_ended_ && packed_end_ < packed_.size()) {
      const auto got = source_({packed_.data() + packed_end_, packed_.size() - packed_end_});
      source_ended_ = got == 0;
      packed_end_ += got;
    }
  }

  void leave_rest() {
    plain_end_ = 0;
    ByteSource raw = [this](std::span<char> buffer) { return read_packed(buffer); };
    if (!unpacked_any_) {
      rest_ = std::move(raw);
      return;
    }
    constexpr unsigned char kMagic[] = {0x1f, 0x8b};
    const bool is_gzip = packed_end_ - packed_read_ >= sizeof kMagic &&
                         std::memcmp(packed_.data() + packed_read_, kMagic, sizeof kMagic) == 0;
    // Padding behind the last member is no part of the stream.
    rest_ = is_gzip ? decompressed(subject_, std::move(raw))
                    : [](std::span<char>) -> std::size_t { return 0; };
  }

  std::size_t read_packed(std::span<char> buffer) {
    if (packed_read_ == packed_end_) return source_ended_ ? 0 : source_(buffer);
    const auto bytes = std::min(buffer.size(), packed_end_ - packed_read_);
    std::memcpy(buffer.data(), packed_.data() + packed_read_, bytes);
    packed_read_ += bytes;
    return bytes;
  }

  std::string subject_;
  ByteSource source_;
  std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor_;
  std::vector<char> packed_;
  std::size_t packed_read_ = 0;
  std::size_t packed_end_ = 0;
  bool source_ended_ = false;
  std::vector<char> plain_;
  std::size_t plain_read_ = 0;
  std::size_t plain_end_ = 0;
  bool unpacked_any_ = false;
  /// Reads what this object cannot unpack, once that has come.
  ByteSource rest_;
};

}  // namespace

ByteSource with_small_members_unpacked(std::string subject, ByteSource source) {
  const auto members = std::make_shared<MemberSource>(std::move(subject), std::move(source));
  return [members](std::span<char> buffer) { return members->read(buffer); };
}

}  // namespace iib::io
