#include "iib/io/log_follower.hpp"

#include "iib/base/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <sstream>
#include <string>

using namespace iib;
using namespace iib::io;

namespace {

constexpr RequestId kRequest{7};
constexpr std::size_t kBytes = 4096;

/// Logs with the least bound, and the log of one request in them.
struct Place {
  Log log() { return {artifacts.open_log(kRequest, nullptr), "task", LogLevel::info}; }
  [[nodiscard]] auto opened() const { return artifacts.open(ArtifactKind::request_log, kRequest); }
  [[nodiscard]] std::string text() const {
    return read_file(directory.path() / "7.log", 10 * kLeastLogBytes);
  }

  TempDir directory{std::filesystem::temp_directory_path(), "follower-"};
  LocalArtifacts artifacts{{{ArtifactKind::request_log, directory.path()}}, kLeastLogBytes};
};

std::string read_all(LogFollower& follower) {
  std::string all;
  for (auto text = follower.read(kBytes); !text.empty(); text = follower.read(kBytes)) all += text;
  return all;
}

/// Checks that `text` has the numbers from `from` to `to` in order, and no line besides.
void check_numbers(const std::string& text, int from, int to) {
  std::istringstream stream{text};
  int next = from;
  for (std::string line; std::getline(stream, line); ++next) {
    REQUIRE_THAT(line, Catch::EndsWith(fmt::format(" number {}.", next)));
  }
  CHECK(next == to);
}

}  // namespace

TEST_CASE("who follows a log has every line once, while its middle goes again and again",
          "[io][follow]") {
  Place place;
  LogFollower follower{place.artifacts, kRequest, place.opened(), 0};
  CHECK(follower.read(kBytes).empty());
  const auto log = place.log();

  std::string got;
  for (int number = 0; number < 20'000; ++number) {
    log.info("number {}.", number);
    if (number % 150 == 0) got += follower.read(kBytes);  // behind at times, by less than a quarter
    if (number % 300 == 0) got += read_all(follower);
  }
  got += read_all(follower);

  CHECK(place.opened()->left_out());
  check_numbers(got, 0, 20'000);
}

TEST_CASE("who follows a log from its end has what comes, also across a restart", "[io][follow]") {
  Place place;
  {
    const auto log = place.log();
    for (int number = 0; number < 5'000; ++number) log.info("number {}.", number);
  }
  const auto now = place.opened();
  LogFollower follower{place.artifacts, kRequest, now, now->size()};

  const auto log = place.log();
  std::string got;
  for (int number = 5'000; number < 8'000; ++number) {
    log.info("number {}.", number);
    if (number % 100 == 0) got += read_all(follower);
  }
  got += read_all(follower);

  check_numbers(got, 5'000, 8'000);
}

TEST_CASE("who stays far behind is told what is left out, and has the rest", "[io][follow]") {
  Place place;
  const auto log = place.log();
  log.info("number {}.", 0);
  LogFollower follower{place.artifacts, kRequest, place.opened(), 0};
  const auto first = follower.read(kBytes);
  for (int number = 1; number < 20'000; ++number) log.info("number {}.", number);

  const auto got = first + read_all(follower);

  // What was open has lines that the log has no more; then come the note and the tail.
  const auto left = place.opened()->left_out();
  REQUIRE(left.has_value());
  const auto note = got.find("[... ");
  REQUIRE(note != std::string::npos);
  CHECK(got.find("[... ", note + 1) == std::string::npos);
  CHECK(got.substr(note) == place.text().substr(left->at));
  CHECK(got.substr(0, left->at) == place.text().substr(0, left->at));
}

TEST_CASE("an artifact that is open stays what it was", "[io]") {
  Place place;
  const auto log = place.log();
  log.info("number {}.", 0);
  const auto before = place.opened();
  CHECK(before->is(*place.opened()));
  for (int number = 1; number < 5'000; ++number) log.info("number {}.", number);

  CHECK_FALSE(before->is(*place.opened()));
  CHECK_FALSE(before->left_out());
  CHECK_THAT(before->read(0, 200), Catch::Contains("number 0.\n") && Catch::Contains("number 2."));
  CHECK(before->read(before->size(), kBytes).empty());
  CHECK_FALSE(place.artifacts.open(ArtifactKind::request_log, RequestId{8}));
  CHECK_FALSE(place.artifacts.open(ArtifactKind::nested_bundles, kRequest));
}

TEST_CASE("what a death left of a log that was shortened goes at the next start", "[io]") {
  const TempDir directory{std::filesystem::temp_directory_path(), "unfinished-"};
  write_file_atomically(directory.path() / "7.log", "a line\n");
  write_file_atomically(directory.path() / "7.log.new", "a l");

  const LocalArtifacts artifacts{{{ArtifactKind::request_log, directory.path()}}};

  CHECK_FALSE(std::filesystem::exists(directory.path() / "7.log.new"));
  CHECK(artifacts.open(ArtifactKind::request_log, kRequest)->size() == 7);
}
