#include "iib/base/log.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/log_file.hpp"
#include "iib/base/log_format.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace iib;

TEST_CASE("a request's log keeps what the daemon's filters out", "[base]") {
  const TempDir dir{std::filesystem::temp_directory_path()};
  const auto all = (dir.path() / "all").string();
  const auto some = (dir.path() / "some").string();
  {
    const auto daemon =
        make_filter_sink(LogLevel::info, make_bounded_file_sink(some, kLeastLogBytes, nullptr));
    const Log log{make_bounded_file_sink(all, kLeastLogBytes, daemon), "task", LogLevel::debug};
    log.debug("detail {}", 1);
    log.info("story {}", 2);
  }

  CHECK_THAT(read_file(all, 1000),
             Catch::Contains("debug task: detail 1") && Catch::Contains("info task: story 2"));
  CHECK_THAT(read_file(some, 1000), !Catch::Contains("detail") && Catch::Contains("story 2"));
}

TEST_CASE("a log file that cannot be opened is an error that names it", "[base]") {
  CHECK_THROWS_WITH(make_bounded_file_sink("/nonexistent/1.log", kLeastLogBytes, nullptr),
                    Catch::Contains("/nonexistent/1.log"));
}

TEST_CASE("text from tools is put on one line, bounded, its end kept", "[base]") {
  CHECK(one_line("a\nb\tc\n") == "a\\nb\\x09c");
  CHECK(one_line("0123456789", 4) == "...6789");
}

namespace {

/// Keeps the last record that came.
class LastRecord final : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::string_view) noexcept override {}
  void write_record(const LogRecord& record) noexcept override {
    function = record.function;
    line = LogFormat::parse(kFormat).line(record, parse_iso8601("2031-05-04T10:11:12.131415Z"));
  }

  static constexpr auto kFormat =
      "%(asctime)s %(name)s %(levelname)s %(module)s.%(funcName)s 100%% %(message)s!";
  std::string function;
  std::string line;
};

void speak(const Log& log) {
  log.warning("{} of {}", 1, 2);
}

}  // namespace

TEST_CASE("a line can have the form of the original service", "[base]") {
  const auto sink = std::make_shared<LastRecord>();
  const Log log{sink, "web", LogLevel::debug};

  speak(log);
  CHECK(sink->line == "2031-05-04 10:11:12,131 web WARNING web.speak 100% 1 of 2!");

  log.event("answered", {{"path", "/"}, {"status", std::int64_t{200}}, {"ms", 1.5}});
  CHECK_THAT(sink->line, Catch::EndsWith("answered path=/ status=200 ms=1.500!"));
}

TEST_CASE("a sink of plain lines has the facts of an event behind the message", "[base]") {
  const TempDir dir{std::filesystem::temp_directory_path()};
  const auto file = (dir.path() / "log").string();
  const Log log{
      make_filter_sink(LogLevel::info, make_bounded_file_sink(file, kLeastLogBytes, nullptr)),
      "http", LogLevel::info};

  log.event("answered", {{"status", std::int64_t{404}}, {"user", "-"}});

  CHECK_THAT(read_file(file, 1000), Catch::EndsWith(" info http: answered status=404 user=-\n"));
}

TEST_CASE("an event may be a sentence with its facts in it", "[base]") {
  const LogField fields[]{{"step", "Resolving {seconds}"}, {"seconds", 1.3}, {"state", "complete"}};
  LogRecord record{.module = "task", .function = {}, .message = {}, .fields = fields};

  record.message = "{step} took {seconds} s";
  CHECK(message_of(record) == "Resolving {seconds} took 1.300 s");
  CHECK(text_of(record) == "Resolving {seconds} took 1.300 s state=complete");
  record.message = "{unknown} {} { {state}{";
  CHECK(message_of(record) == "{unknown} {} { complete{");
  record.fields = {};
  record.message = "as it is: {step}";
  CHECK(text_of(record) == "as it is: {step}");
}

TEST_CASE("a placeholder that is unknown is named", "[base]") {
  CHECK_THROWS_WITH(LogFormat::parse("%(asctime)s %(lineno)s"), Catch::Contains("`%(lineno)s`"));
  CHECK_THROWS_WITH(LogFormat::parse("%(process)d %(message)s"), Catch::Contains("'%(process)d'"));
  CHECK_THROWS_WITH(LogFormat::parse("100% sure"), Catch::Contains("`%%`"));
  CHECK_THROWS_WITH(LogFormat::parse("%(message"), Catch::Contains("%(message"));
  CHECK_NOTHROW(LogFormat::parse(""));
}
