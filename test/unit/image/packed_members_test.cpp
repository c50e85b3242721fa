#include "image/packed_members.hpp"

#include "iib/base/files.hpp"
#include "image/layer/layer_writer.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using iib::image::LayerCache;
using iib::image::PackedMembers;
using iib::image::WrittenLayer;

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 1UL << 30U;
constexpr std::size_t kMemberBytes = 512UL << 10U;

/// Bytes of which about half can be saved.
std::string some_bytes(std::size_t count) {
  std::mt19937 random{42};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  std::string bytes(count, '\0');
  for (auto& byte : bytes) byte = static_cast<char>('a' + random() % 16);
  return bytes;
}

struct Fixture {
  iib::TempDir directory{fs::temp_directory_path()};
  LayerCache cache{directory.path() / "layers", kMostBytes,
                   iib::Log{iib::make_null_sink(), "image", iib::LogLevel::error}};
  PackedMembers members{cache};
  std::atomic<int> found{0};

  /// A layer with one file of this content.
  WrittenLayer write(const std::string& content, const iib::io::FindMember& find) const {
    const auto source = directory.path() / "index.db";
    std::ofstream{source, std::ios::binary} << content;
    const auto place = directory.path() / "layer";
    fs::remove(place);
    return iib::image::write_layer({.files = {{source, "/database/index.db"}}}, {}, place, 2, {},
                                   find);
  }
  /// The same with the help of what is known, counted.
  WrittenLayer write_with_help(const std::string& content) {
    return write(content, [this, find = members.finder()](const auto& plain, auto buffer) {
      auto member = find(plain, buffer);
      if (member.bytes > 0) ++found;
      return member;
    });
  }
  /// Puts the layer written last into the cache; what is held keeps it there.
  LayerCache::Held keep(WrittenLayer written) {
    const auto file = cache.scratch_file();
    fs::rename(directory.path() / "layer", file);
    auto held = cache.add(written.digest, file);
    members.add(written.digest, std::move(written.members));
    return held;
  }
};

}  // namespace

TEST_CASE("what is the same in the next layer is not packed again, and no byte differs",
          "[image][packed]") {
  Fixture fixture;
  auto content = some_bytes(10 * kMemberBytes);
  const auto held = fixture.keep(fixture.write_with_help(content));
  CHECK(fixture.found == 0);
  content[3 * kMemberBytes] = '!';

  const auto with_help = fixture.write_with_help(content);

  const auto without = fixture.write(content, {});
  CHECK(fixture.found == 10);  // of eleven
  CHECK(with_help.digest == without.digest);
  CHECK(with_help.diff_id == without.diff_id);
  CHECK(without.members.empty());
}

TEST_CASE("a layer made of another's members lends them on", "[image][packed]") {
  Fixture fixture;
  const auto content = some_bytes(4 * kMemberBytes);
  (void)fixture.keep(fixture.write_with_help(content));
  auto changed = content;
  changed.back() = '!';
  const auto held = fixture.keep(fixture.write_with_help(changed));
  fixture.found = 0;

  (void)fixture.write_with_help(changed);

  CHECK(fixture.found == 5);
}

TEST_CASE("a member that the disk has damaged is packed anew", "[image][packed]") {
  Fixture fixture;
  const auto content = some_bytes(4 * kMemberBytes);
  const auto held = fixture.keep(fixture.write_with_help(content));
  SECTION("changed") {
    std::fstream file{held.path(), std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(1000);
    file << "damage";
  }
  SECTION("cut off") {
    fs::resize_file(held.path(), 1000);
  }
  SECTION("gone") {
    fs::remove(held.path());
  }

  const auto written = fixture.write_with_help(content);

  CHECK(fixture.found < 5);
  CHECK(written.digest == fixture.write(content, {}).digest);
}

TEST_CASE("many layers are remembered in bounded memory, the newest", "[image][packed]") {
  Fixture fixture;
  const auto content = some_bytes(2 * kMemberBytes);
  const auto layer = fixture.write_with_help(content);
  constexpr int kMany = 10'000;
  for (int i = 0; i < kMany; ++i) fixture.members.add(layer.digest, layer.members);

  const auto held = fixture.keep(fixture.write_with_help(content));
  fixture.found = 0;
  (void)fixture.write_with_help(content);

  CHECK(fixture.found == 3);
}
