#include "image/layer_cache.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using iib::image::LayerCache;
using iib::model::Digest;

namespace fs = std::filesystem;

constexpr std::size_t kLimit = 1U << 20U;
constexpr std::size_t kLayerBytes = 1000;

std::string content_of(int number) {
  auto content = fmt::format("layer {} ", number);
  content.resize(kLayerBytes, 'x');
  return content;
}

Digest digest_of(int number) {
  return Digest::of(content_of(number));
}

void write_file(const fs::path& path, std::string_view content) {
  std::ofstream{path, std::ios::binary} << content;
}

struct Fixture {
  iib::TempDir directory{fs::temp_directory_path()};
  fs::path where = directory.path() / "state" / "layers";

  [[nodiscard]] LayerCache open(std::uint64_t layers = 100) const {
    return LayerCache{where, layers * kLayerBytes,
                      iib::Log{iib::make_null_sink(), "image", iib::LogLevel::error}};
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator{where}, fs::directory_iterator{}));
  }
  [[nodiscard]] fs::path only_file() const {
    REQUIRE(files() == 1);
    return fs::directory_iterator {
      where
      } -> path();
  }
};

LayerCache::Held add(LayerCache& cache, int number) {
  const auto file = cache.scratch_file();
  write_file(file, content_of(number));
  return cache.add(digest_of(number), file);
}

/// Fills a cache over and over, and writes a byte to `progress` after each layer.
[[noreturn]] void add_until_killed(const Fixture& fixture, int progress) {
  auto cache = fixture.open(5);
  cache.sweep();
  for (int number = 0;; number = (number + 1) % 12) {
    (void)add(cache, number);
    if (::write(progress, "x", 1) != 1) ::_exit(1);
  }
}

std::string read(const LayerCache::Held& held) {
  return iib::read_file(held.path(), kLimit);
}

}  // namespace

TEST_CASE("a layer that was added is found, others are not", "[image][cache]") {
  Fixture fixture;
  auto cache = fixture.open();

  const auto added = add(cache, 1);

  CHECK(read(added) == content_of(1));
  REQUIRE(cache.find(digest_of(1)));
  CHECK(cache.find(digest_of(1))->path() == added.path());
  CHECK_FALSE(cache.find(digest_of(2)));
  CHECK(fixture.files() == 1);
}

TEST_CASE("a layer that is there already stays, and its copy goes", "[image][cache]") {
  Fixture fixture;
  auto cache = fixture.open();
  const auto first = add(cache, 1);

  const auto second = add(cache, 1);

  CHECK(second.path() == first.path());
  CHECK(fixture.files() == 1);
}

TEST_CASE("layers outlast the cache", "[image][cache]") {
  Fixture fixture;
  {
    auto cache = fixture.open();
    (void)add(cache, 1);
  }

  auto cache = fixture.open();
  cache.sweep();

  const auto held = cache.find(digest_of(1));
  REQUIRE(held);
  CHECK(read(*held) == content_of(1));
}

TEST_CASE("what was not used for longest goes first", "[image][cache]") {
  Fixture fixture;
  auto cache = fixture.open(3);
  for (const int number : {1, 2, 3}) (void)add(cache, number);
  (void)cache.find(digest_of(1));

  (void)add(cache, 4);

  CHECK(cache.find(digest_of(1)));
  CHECK_FALSE(cache.find(digest_of(2)));
  CHECK(cache.find(digest_of(3)));
  CHECK(cache.find(digest_of(4)));
  CHECK(fixture.files() == 3);
}

TEST_CASE("the order of use outlasts the cache", "[image][cache]") {
  Fixture fixture;
  std::vector<fs::path> paths;
  {
    auto cache = fixture.open(3);
    for (const int number : {1, 2, 3}) paths.push_back(add(cache, number).path());
  }
  const auto now = fs::file_time_type::clock::now();
  fs::last_write_time(paths[0], now - std::chrono::hours{1});
  fs::last_write_time(paths[1], now - std::chrono::hours{3});
  fs::last_write_time(paths[2], now - std::chrono::hours{2});

  auto cache = fixture.open(2);
  cache.sweep();

  CHECK(cache.find(digest_of(1)));
  CHECK_FALSE(cache.find(digest_of(2)));
  CHECK(cache.find(digest_of(3)));
}

TEST_CASE("a use is noted where the next start finds it", "[image][cache]") {
  Fixture fixture;
  auto cache = fixture.open();
  const auto path = add(cache, 1).path();
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours{1};
  fs::last_write_time(path, old);

  (void)cache.find(digest_of(1));

  CHECK(fs::last_write_time(path) > old + std::chrono::minutes{30});
}

TEST_CASE("what is held stays, above the bound too", "[image][cache]") {
  Fixture fixture;
  auto cache = fixture.open(1);
  std::optional<LayerCache::Held> first = add(cache, 1);
  const auto copy = first;

  const auto second = add(cache, 2);

  CHECK(read(*first) == content_of(1));
  CHECK(read(second) == content_of(2));

  SECTION("until the last holder lets go") {
    const auto path = first->path();
    first.reset();
    CHECK(fs::exists(path));
  }
}

TEST_CASE("a layer larger than the bound goes when it is let go", "[image][cache]") {
  Fixture fixture;
  auto cache = fixture.open(0);
  {
    const auto held = add(cache, 1);
    CHECK(read(held) == content_of(1));
  }

  CHECK_FALSE(cache.find(digest_of(1)));
  CHECK(fixture.files() == 0);
}

TEST_CASE("a holder may outlive the cache", "[image][cache]") {
  Fixture fixture;
  std::optional<LayerCache::Held> held;
  {
    auto cache = fixture.open();
    held = add(cache, 1);
  }

  CHECK(read(*held) == content_of(1));
}

TEST_CASE("what another run left half written is swept, what this one writes is not",
          "[image][cache]") {
  Fixture fixture;
  fs::path old_scratch;
  {
    auto cache = fixture.open();
    old_scratch = cache.scratch_file();
    write_file(old_scratch, "half");
    (void)add(cache, 1);
  }
  write_file(fixture.where / "README", "an operator's own");
  auto cache = fixture.open();
  const auto scratch = cache.scratch_file();
  write_file(scratch, "half");

  cache.sweep();

  CHECK_FALSE(fs::exists(old_scratch));
  CHECK(fs::exists(scratch));
  CHECK(fs::exists(fixture.where / "README"));
  CHECK(cache.find(digest_of(1)));
}

TEST_CASE("a file that the host damaged while the daemon was down is not given out",
          "[image][cache]") {
  Fixture fixture;
  {
    auto cache = fixture.open();
    (void)add(cache, 1);
  }
  const auto file = fixture.only_file();
  auto content = content_of(1);

  SECTION("cut short") {
    fs::resize_file(file, kLayerBytes / 2);
  }
  SECTION("zeroes in it, as after a power cut") {
    content[kLayerBytes / 2] = '\0';
    write_file(file, content);
  }

  auto cache = fixture.open();
  CHECK_FALSE(cache.find(digest_of(1)));
  CHECK_FALSE(fs::exists(file));
  CHECK(read(add(cache, 1)) == content_of(1));
}

TEST_CASE("a damaged file does not stand in the way of a new one", "[image][cache]") {
  Fixture fixture;
  {
    auto cache = fixture.open();
    (void)add(cache, 1);
  }
  write_file(fixture.only_file(), "damaged");
  auto cache = fixture.open();

  const auto held = add(cache, 1);

  CHECK(read(held) == content_of(1));
  CHECK(fixture.files() == 1);
}

TEST_CASE("a file that somebody removed is not given out", "[image][cache]") {
  Fixture fixture;
  auto cache = fixture.open();
  fs::remove(add(cache, 1).path());

  CHECK_FALSE(cache.find(digest_of(1)));
  CHECK(read(add(cache, 1)) == content_of(1));
}

TEST_CASE("of two files of one layer one stays", "[image][cache]") {
  Fixture fixture;
  fs::create_directories(fixture.where);
  for (const auto* number : {".a", ".b"}) {
    write_file(fixture.where / (std::string{digest_of(1).hex()} + number), content_of(1));
  }

  auto cache = fixture.open();

  CHECK(cache.find(digest_of(1)));
  CHECK(fixture.files() == 1);
}

TEST_CASE("what cannot be kept is told, naming it and what to check", "[image][cache]") {
  Fixture fixture;
  auto cache = fixture.open();

  CHECK_THROWS_WITH(
      cache.add(digest_of(1), fixture.where / "absent"),
      Catch::Contains("absent cannot be kept: No such file") && Catch::Contains("state directory"));
  write_file(fixture.directory.path() / "file", "");
  fixture.where = fixture.directory.path() / "file" / "cache";
  CHECK_THROWS_AS(fixture.open(), iib::ExternalError);
}

TEST_CASE("several threads find and add what they need", "[image][cache]") {
  Fixture fixture;
  auto cache = fixture.open(5);
  constexpr int kThreads = 4;
  constexpr int kRounds = 300;
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (unsigned seed = 0; seed < kThreads; ++seed) {
      threads.emplace_back([&, seed] {
        std::mt19937 random{seed};
        for (int round = 0; round < kRounds; ++round) {
          const auto number = static_cast<int>(random() % 12);
          auto held = cache.find(digest_of(number));
          if (!held) held = add(cache, number);
          if (read(*held) != content_of(number)) ++wrong;
        }
      });
    }
  }

  CHECK(wrong == 0);
  CHECK(fixture.files() <= 5);
}

TEST_CASE("a kill at any moment leaves whole layers only", "[image][cache]") {
  Fixture fixture;
  std::mt19937 random{7};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  for (int death = 0; death < 20; ++death) {
    std::array<int, 2> progress{};
    REQUIRE(::pipe(progress.data()) == 0);
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) add_until_killed(fixture, progress[1]);
    std::array<char, 64> steps{};
    CHECK(::read(progress[0], steps.data(), 1 + random() % steps.size()) > 0);
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    for (const int end : progress) ::close(end);
    REQUIRE(WIFSIGNALED(status));

    auto cache = fixture.open(5);
    cache.sweep();

    CHECK(fixture.files() <= 5);
    for (int number = 0; number < 12; ++number) {
      const auto held = cache.find(digest_of(number));
      if (held) CHECK(read(*held) == content_of(number));
    }
  }
}
