#include "iib/io/tar_writer.hpp"

#include "byte_source.hpp"
#include "iib/base/error.hpp"
#include "iib/io/tar_reader.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using iib::io::ByteSource;
using iib::io::TarEntry;
using iib::io::TarReader;
using iib::io::TarWriter;
using iib::test::bytes_of;

constexpr std::size_t kBlock = 512;

struct Fixture {
  std::string archive;
  TarWriter writer{[this](std::string_view bytes) { archive += bytes; }, 1'700'000'000};
};

std::string content_of(TarReader& reader) {
  std::string content;
  for (auto block = reader.read(); !block.empty(); block = reader.read()) {
    content.append(block.data(), block.size());
  }
  return content;
}

}  // namespace

TEST_CASE("an archive holds what was added, in that order", "[io][tar]") {
  Fixture fixture;

  fixture.writer.add_directory("database", 0755);
  fixture.writer.add_file("database/index.db", 0644, 7, bytes_of("content"));
  fixture.writer.add_file("empty", 0600, 0, bytes_of(""));
  fixture.writer.finish();

  TarReader reader{"X", bytes_of(fixture.archive), {}};
  auto entry = reader.next();
  REQUIRE(entry);
  CHECK(entry->kind == TarEntry::Kind::directory);
  CHECK(entry->name == "database/");
  entry = reader.next();
  REQUIRE(entry);
  CHECK(entry->kind == TarEntry::Kind::file);
  CHECK(entry->name == "database/index.db");
  CHECK(content_of(reader) == "content");
  entry = reader.next();
  REQUIRE(entry);
  CHECK(entry->name == "empty");
  CHECK(content_of(reader).empty());
  CHECK_FALSE(reader.next());
}

TEST_CASE("a header tells the given mode and time, and nothing of the host", "[io][tar]") {
  Fixture fixture;

  fixture.writer.add_file("a", 0640, 1, bytes_of("x"));

  const auto& header = fixture.archive;
  REQUIRE(header.size() == 2 * kBlock);
  CHECK(header.substr(100, 7) == "0000640");
  CHECK(header.substr(108, 15) == std::string{"0000000\0"
                                              "0000000",
                                              15});
  CHECK(header.substr(136, 11) == "14524770400");
  CHECK(header.substr(257, 8) == std::string{"ustar\0"
                                             "00",
                                             8});
  CHECK(header.substr(265, 64) == std::string(64, '\0'));  // names of owner and group
}

TEST_CASE("owners are told by number, and by PAX when they do not fit", "[io][tar]") {
  Fixture fixture;

  fixture.writer.add_file("a", 0640, 0, bytes_of(""), {.user = 1001, .group = 5});
  const auto& header = fixture.archive;
  REQUIRE(header.size() == kBlock);
  CHECK(header.substr(108, 15) == std::string{"0001751\0"
                                              "0000005",
                                              15});

  fixture.writer.add_directory("b", 0755, {.user = 2'097'151, .group = 4'294'967'295});
  CHECK(fixture.archive.find(" uid=") == std::string::npos);
  CHECK(fixture.archive.find(" gid=4294967295\n") != std::string::npos);
  CHECK(fixture.archive.substr(3 * kBlock + 108, 7) == "7777777");
}

TEST_CASE("names that do not fit are told by PAX, all others are not", "[io][tar]") {
  Fixture fixture;
  const auto length = GENERATE(1U, 99U, 100U, 101U, 155U, 256U, 4000U);
  const std::string name(length, 'n');

  fixture.writer.add_file(name, 0644, 1, bytes_of("x"));
  fixture.writer.finish();

  CHECK((fixture.archive.find("PaxHeaders") != std::string::npos) == (length > 100));
  TarReader reader{"X", bytes_of(fixture.archive), {}};
  const auto entry = reader.next();
  REQUIRE(entry);
  CHECK(entry->name == name);
  CHECK(content_of(reader) == "x");
}

TEST_CASE("a file of 8 GiB and more is told by PAX", "[io][tar]") {
  std::uint64_t bytes = 0;
  std::string head;
  TarWriter writer{[&](std::string_view piece) {
                     if (head.size() < 4 * kBlock) head += piece.substr(0, kBlock);
                     bytes += piece.size();
                   },
                   0};
  std::uint64_t left = 1ULL << 33U;
  const ByteSource zeros = [&left](std::span<char> buffer) {
    const auto count = std::min<std::uint64_t>(buffer.size(), left);
    left -= count;
    return static_cast<std::size_t>(count);
  };

  writer.add_file("big", 0644, left, zeros);

  CHECK(bytes == (1ULL << 33U) + 3 * kBlock);
  CHECK(head.find("19 size=8589934592\n") != std::string::npos);
}

TEST_CASE("a file that is longer or shorter than told is refused by name", "[io][tar]") {
  Fixture fixture;
  const auto* const content = GENERATE("", "too short", "much too long");

  CHECK_THROWS_WITH(fixture.writer.add_file("the/file", 0644, 11, bytes_of(content)),
                    Catch::Contains("the/file") && Catch::Contains("changed"));
}
