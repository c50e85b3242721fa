#include "compressors.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>

#ifdef IIBD_WITH_ISAL
#include <isa-l/igzip_lib.h>
#endif

namespace iib::bench {
namespace {

Compress make_libdeflate(int level) {
  const std::shared_ptr<libdeflate_compressor> compressor{libdeflate_alloc_compressor(level),
                                                          &libdeflate_free_compressor};
  return [compressor](std::span<const char> plain, std::span<char> packed) {
    return libdeflate_gzip_compress(compressor.get(), plain.data(), plain.size(), packed.data(),
                                    packed.size());
  };
}

#ifdef IIBD_WITH_ISAL
Compress make_isal(int level) {
  const auto room = std::make_shared<std::vector<std::uint8_t>>(ISAL_DEF_LVL3_DEFAULT);
  return [room, level](std::span<const char> plain, std::span<char> packed) {
    isal_zstream stream{};
    isal_deflate_init(&stream);
    stream.level = static_cast<std::uint32_t>(level);
    stream.level_buf = room->data();
    stream.level_buf_size = static_cast<std::uint32_t>(room->size());
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    // ISA-L takes what it only reads without const.
    stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<std::uint32_t>(plain.size());
    stream.next_out = reinterpret_cast<std::uint8_t*>(packed.data());
    stream.avail_out = static_cast<std::uint32_t>(packed.size());
    if (isal_deflate(&stream) != COMP_OK || stream.avail_in != 0) {
      throw std::runtime_error{"ISA-L did not compress a member"};
    }
    return packed.size() - stream.avail_out;
  };
}
#endif

}  // namespace

std::vector<Compressor> compressors() {
  std::vector<Compressor> all;
  for (const int level : {1, 3, 6}) {
    all.push_back(
        {fmt::format("libdeflate {}", level), [level] { return make_libdeflate(level); }});
  }
#ifdef IIBD_WITH_ISAL
  for (const int level : {1, 3}) {
    all.push_back({fmt::format("ISA-L {}", level), [level] { return make_isal(level); }});
  }
#endif
  return all;
}

std::size_t compress_members(const Compressor& compressor, std::span<const char> plain,
                             std::size_t member_bytes, unsigned threads) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> total{0};
  const auto work = [&] {
    const auto compress = compressor.make();
    std::vector<char> packed(2 * member_bytes);
    for (auto at = next.fetch_add(member_bytes); at < plain.size();
         at = next.fetch_add(member_bytes)) {
      total += compress(plain.subspan(at, std::min(member_bytes, plain.size() - at)), packed);
    }
  };
  {
    std::vector<std::jthread> workers;
    for (unsigned made = 0; made < threads; ++made) workers.emplace_back(work);
  }
  return total;
}

}  // namespace iib::bench
