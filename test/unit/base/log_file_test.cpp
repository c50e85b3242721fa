#include "iib/base/log_file.hpp"

#include "iib/base/files.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <vector>

using namespace iib;

namespace {

/// A log file in a folder of its own.
struct File {
  [[nodiscard]] Log log(std::size_t limit = kLeastLogBytes) const {
    return {make_bounded_file_sink(path, limit, nullptr), "task", LogLevel::info};
  }
  [[nodiscard]] std::string text() const { return read_file(path, 100UL << 20U); }
  [[nodiscard]] std::optional<LeftOut> left_out() const {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    auto left = left_out_of(file);
    ::close(file);
    return left;
  }

  TempDir directory{std::filesystem::temp_directory_path(), "log-file-"};
  std::string path = (directory.path() / "1.log").string();
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void write_numbers(const Log& log, int from, int to) {
  for (int number = from; number < to; ++number) log.info("number {}.", number);
}

/// The number of a line, from 0.
int number_of(const std::string& line) {
  const auto at = line.find("number ");
  REQUIRE(at != std::string::npos);
  return std::stoi(line.substr(at + 7));
}

/// Checks that `text` has the numbers below `count` but for a middle, which `left` tells; gives how
/// many there are.
void check_complete(const std::string& text, const LeftOut& left, int count) {
  int expected = 0;
  int notes = 0;
  for (const auto& line : lines_of(text)) {
    if (line.starts_with("[... ")) {
      ++notes;
      CHECK(line == fmt::format("[... {} lines of {} bytes are left out here ...]", left.lines,
                                left.bytes));
      expected += static_cast<int>(left.lines);
      continue;
    }
    REQUIRE(number_of(line) == expected);
    ++expected;
  }
  CHECK(notes == 1);
  CHECK(expected == count);
}

}  // namespace

TEST_CASE("a log that fits is whole", "[base][log]") {
  const File file;
  write_numbers(file.log(), 0, 100);

  CHECK(lines_of(file.text()).size() == 100);
  CHECK_FALSE(file.left_out());
}

TEST_CASE("a long log keeps its head and its tail, and tells what is left out between them",
          "[base][log]") {
  const File file;
  const auto log = file.log();
  int written = 0;
  for (const int next : {2'000, 2'500, 20'000}) {
    write_numbers(log, written, next);
    written = next;

    const auto text = file.text();
    CHECK(text.size() <= kLeastLogBytes);
    const auto left = file.left_out();
    REQUIRE(left.has_value());
    check_complete(text, *left, written);
    CHECK(text.size() - left->line_bytes + left->bytes > 40 * static_cast<std::size_t>(written));
    CHECK(left->at > kLeastLogBytes / 3);
  }
  CHECK(std::distance(std::filesystem::directory_iterator{file.directory.path()}, {}) == 1);
}

TEST_CASE("a log that is opened again goes on with what was left out before", "[base][log]") {
  const File file;
  write_numbers(file.log(), 0, 5'000);
  const auto before = file.left_out();
  REQUIRE(before.has_value());

  write_numbers(file.log(), 5'000, 9'000);

  const auto left = file.left_out();
  REQUIRE(left.has_value());
  CHECK(left->lines > before->lines);
  check_complete(file.text(), *left, 9'000);
}

TEST_CASE("who has a log open reads it as it was before its middle went", "[base][log]") {
  const File file;
  const auto log = file.log();
  write_numbers(log, 0, 500);
  const auto before = file.text();
  const int open = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
  write_numbers(log, 500, 5'000);

  std::string got(before.size(), '\0');
  CHECK(::pread(open, got.data(), got.size(), 0) == static_cast<ssize_t>(got.size()));
  ::close(open);

  CHECK(got == before);
}

TEST_CASE("a line longer than a log may hold is cut", "[base][log]") {
  const File file;
  const auto log = file.log();
  for (int count = 0; count < 10; ++count) log.info("{}", std::string(1UL << 20U, 'x'));

  CHECK(file.text().size() <= kLeastLogBytes);
  CHECK_THAT(file.text(), Catch::EndsWith("x...\n"));
}

TEST_CASE("a lower bound than yesterday's is kept from now on", "[base][log]") {
  const File file;
  write_numbers(file.log(1UL << 20U), 0, 50'000);
  REQUIRE(file.text().size() > 8 * kLeastLogBytes);

  write_numbers(file.log(), 50'000, 50'001);

  CHECK(file.text().size() <= kLeastLogBytes);
  CHECK_THAT(file.text(), Catch::EndsWith("number 50000.\n"));
}
