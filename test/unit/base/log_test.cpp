#include "iib/base/log.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace iib;

TEST_CASE("a request's log keeps what the daemon's filters out", "[base]") {
  const TempDir dir{std::filesystem::temp_directory_path()};
  const auto all = (dir.path() / "all").string();
  const auto some = (dir.path() / "some").string();
  {
    const auto daemon = make_filter_sink(LogLevel::info, make_file_sink(some, nullptr));
    const Log log{make_file_sink(all, daemon), "task", LogLevel::debug};
    log.debug("detail {}", 1);
    log.info("story {}", 2);
  }

  CHECK_THAT(read_file(all, 1000),
             Catch::Contains("debug task: detail 1") && Catch::Contains("info task: story 2"));
  CHECK_THAT(read_file(some, 1000), !Catch::Contains("detail") && Catch::Contains("story 2"));
}

TEST_CASE("a log file that cannot be opened is an error that names it", "[base]") {
  CHECK_THROWS_WITH(make_file_sink("/nonexistent/1.log", nullptr),
                    Catch::Contains("/nonexistent/1.log"));
}

TEST_CASE("text from tools is put on one line, bounded, its end kept", "[base]") {
  CHECK(one_line("a\nb\tc\n") == "a\\nb\\x09c");
  CHECK(one_line("0123456789", 4) == "...6789");
}
