#include "iib/io/gzip_writer.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>
#include <zlib.h>

#include <random>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

namespace {

using iib::Cancellation;
using iib::io::GzipWriter;

/// What zlib, which others use, makes of all members.
std::string unpack(std::string packed) {
  constexpr int kGzip = 15 + 16;
  std::string plain;
  std::vector<char> buffer(1U << 20U);
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, kGzip) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  int result = Z_OK;
  while (stream.avail_in > 0) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    result = inflate(&stream, Z_NO_FLUSH);
    REQUIRE((result == Z_OK || result == Z_STREAM_END));
    plain.append(buffer.data(), buffer.size() - stream.avail_out);
    if (result == Z_STREAM_END && stream.avail_in > 0) REQUIRE(inflateReset(&stream) == Z_OK);
  }
  CHECK(result == Z_STREAM_END);
  inflateEnd(&stream);
  return plain;
}

/// Bytes of which about half can be saved.
std::string some_bytes(std::size_t count) {
  std::mt19937 random{42};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  std::string bytes(count, '\0');
  for (auto& byte : bytes) byte = static_cast<char>('a' + random() % 16);
  return bytes;
}

std::string pack(std::string_view plain, unsigned threads, std::size_t piece = SIZE_MAX) {
  std::string packed;
  GzipWriter writer{[&packed](std::string_view bytes) { packed += bytes; }, threads, {}};
  while (!plain.empty()) {
    writer.write(plain.substr(0, piece));
    plain.remove_prefix(std::min(piece, plain.size()));
  }
  writer.finish();
  return packed;
}

}  // namespace

TEST_CASE("what was packed unpacks to the same, whatever the size", "[io][gzip]") {
  const auto size =
      GENERATE(std::size_t{0}, std::size_t{1}, (std::size_t{512} << 10U) - 1,
               std::size_t{512} << 10U, (std::size_t{512} << 10U) + 1, std::size_t{5'000'000});
  const auto plain = some_bytes(size);

  const auto packed = pack(plain, 3);

  CHECK(unpack(packed) == plain);
  CHECK(packed.size() < plain.size() * 6 / 10 + 100);
}

TEST_CASE("threads and pieces change no byte", "[io][gzip]") {
  const auto plain = some_bytes(3'000'000);

  const auto packed = pack(plain, 1);

  CHECK(pack(plain, 0) == packed);
  CHECK(pack(plain, 2) == packed);
  CHECK(pack(plain, 7) == packed);
  CHECK(pack(plain, 2, 1000) == packed);
  CHECK(pack(plain, 2, 700'001) == packed);
}

TEST_CASE("what cannot be compressed is not lost", "[io][gzip]") {
  std::mt19937 random{1};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  std::string plain(2'000'000, '\0');
  for (auto& byte : plain) byte = static_cast<char>(random());

  CHECK(unpack(pack(plain, 2)) == plain);
}

TEST_CASE("packing keeps a few members in memory, not the stream", "[io][gzip]") {
  const std::string piece(std::size_t{512} << 10U, 'x');
  std::size_t members = 0;
  std::size_t most_ahead = 0;
  GzipWriter writer{[&members](std::string_view) { ++members; }, 2, {}};

  for (std::size_t written = 1; written <= 100; ++written) {
    writer.write(piece);
    most_ahead = std::max(most_ahead, written - members);
  }
  writer.finish();

  CHECK(members == 100);
  CHECK(most_ahead <= 4);
}

TEST_CASE("packing ends when the sink fails", "[io][gzip]") {
  GzipWriter writer{[](std::string_view) { throw std::runtime_error{"disk full"}; }, 2, {}};

  const auto write_much = [&writer] {
    const std::string piece(std::size_t{1} << 20U, 'x');
    for (int count = 0; count < 20; ++count) writer.write(piece);
  };

  CHECK_THROWS_WITH(write_much(), "disk full");
}

TEST_CASE("packing hears cancellation", "[io][gzip]") {
  std::stop_source stop;
  GzipWriter writer{[](std::string_view) {}, 2, Cancellation{stop.get_token()}};
  const std::string piece(std::size_t{1} << 20U, 'x');
  writer.write(piece);

  stop.request_stop();

  CHECK_THROWS_AS(writer.write(piece), iib::Cancelled);
}
