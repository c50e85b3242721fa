#include "io/gzip_members.hpp"

#include "byte_source.hpp"
#include "iib/base/error.hpp"
#include "iib/io/gzip_writer.hpp"

#include <catch2/catch.hpp>
#include <zlib.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using iib::UserError;
using iib::io::ByteSource;
using iib::io::with_small_members_unpacked;
using iib::test::bytes_of;

std::string all_of(const ByteSource& source) {
  std::string all;
  std::vector<char> buffer(100'000);
  for (auto got = source(buffer); got > 0; got = source(buffer)) all.append(buffer.data(), got);
  return all;
}

std::string some_bytes(std::size_t count) {
  std::mt19937 random{7};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  std::string bytes(count, '\0');
  for (auto& byte : bytes) byte = static_cast<char>('a' + random() % 16);
  return bytes;
}

/// In members that are small.
std::string small_members(std::string_view plain) {
  std::string packed;
  iib::io::GzipWriter writer{[&](std::string_view bytes) { packed += bytes; }, 1, {}};
  writer.write(plain);
  writer.finish();
  return packed;
}

/// In one member.
std::string one_member(std::string plain) {
  std::string packed(plain.size() + 1000, '\0');
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  REQUIRE(deflateInit2(&stream, 1, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

TEST_CASE("small members are unpacked, whatever pieces they come in", "[io][gzip]") {
  const auto bytes = GENERATE(as<std::size_t>{}, 1, 511, 524'288, 524'289, 9'000'000);
  const auto piece = GENERATE(as<std::size_t>{}, 1000, 65'536, 100'000'000);
  const auto plain = some_bytes(bytes);

  CHECK(all_of(with_small_members_unpacked("x", bytes_of(small_members(plain), piece))) == plain);
}

TEST_CASE("what does not begin with a small member comes through as it is", "[io][gzip]") {
  const auto bytes = GENERATE_COPY(as<std::string>{}, "", "x", some_bytes(10'000'000),
                                   one_member(some_bytes(9'000'000)),
                                   small_members(some_bytes(600'000)).substr(0, 5'000));

  CHECK(all_of(with_small_members_unpacked("x", bytes_of(bytes, 70'000))) == bytes);
}

TEST_CASE("a large member behind small ones is unpacked too, and padding is left out",
          "[io][gzip]") {
  const auto small = some_bytes(700'000);
  const auto large = some_bytes(8'000'000);

  CHECK(all_of(with_small_members_unpacked(
            "x", bytes_of(small_members(small) + one_member(large) + small_members(small),
                          70'000))) == small + large + small);
  CHECK(all_of(with_small_members_unpacked(
            "x", bytes_of(small_members(small) + std::string(3000, '\0'), 70'000))) == small);
}

TEST_CASE("a stream that ends within a later member is told", "[io][gzip]") {
  auto packed = small_members(some_bytes(3'000'000));
  packed.resize(packed.size() * 3 / 4);
  CHECK_THROWS_AS(all_of(with_small_members_unpacked("x", bytes_of(packed, 70'000))), UserError);
}
