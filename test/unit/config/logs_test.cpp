#include "loading.hpp"

#include <catch2/catch.hpp>

using namespace iib;
using namespace iib::config;
using namespace iib::config::test;
using Catch::Matchers::Contains;

TEST_CASE("the log is text in iibd's own form unless told otherwise", "[config][log]") {
  const auto usual = load_text("").config;
  CHECK(usual.log_output == LogOutput::text);
  CHECK_FALSE(usual.log_format.has_value());

  CHECK(load_text("iib_log_output: json\n").config.log_output == LogOutput::json);
  CHECK_THAT(error_of("iib_log_output: xml\n"), Contains("`text`, `json`"));
}

TEST_CASE("a log's format has the original's placeholders and no others", "[config][log]") {
  constexpr auto kOriginal =
      "iib_log_format: '%(asctime)s %(name)s %(levelname)s %(module)s.%(funcName)s %(message)s'\n";
  CHECK(load_text(kOriginal).config.log_format.has_value());
  CHECK(load_text(kOriginal).warnings.empty());

  const auto error = error_of("iib_log_format: '%(message)s %(lineno)s'\n");
  CHECK_THAT(error, Contains("iib_log_format is ") && Contains("`%(funcName)s`, `%(message)s`") &&
                        Contains("`%(lineno)s` is unknown"));
  CHECK(mentions(load_text(std::string{kOriginal} + "iib_log_output: json\n").warnings,
                 "iib_log_format has no effect"));
}

TEST_CASE("a logger that nobody has is warned of, one that iibd has is not", "[config][log]") {
  const auto loaded = load_text("iib_additional_loggers: [sqlite, urllib3]\n");

  CHECK(loaded.config.additional_loggers == std::vector<std::string>{"sqlite", "urllib3"});
  CHECK(mentions(loaded.warnings, "urllib3"));
  CHECK(load_text("iib_additional_loggers: [sqlite]\n").warnings.empty());
}
