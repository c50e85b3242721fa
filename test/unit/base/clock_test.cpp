#include "iib/base/clock.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

using namespace iib;

TEST_CASE("a time is printed with six digits and read back", "[base]") {
  const Timestamp moment{std::chrono::microseconds{1935742272131415}};

  CHECK(to_iso8601(moment) == "2031-05-05T10:11:12.131415Z");
  CHECK(parse_iso8601(to_iso8601(moment)) == moment);
  CHECK(to_iso8601(Timestamp{}) == "1970-01-01T00:00:00.000000Z");
}

TEST_CASE("a time without fraction is read", "[base]") {
  CHECK(to_iso8601(parse_iso8601("2031-05-04T10:11:12Z")) == "2031-05-04T10:11:12.000000Z");
  CHECK(to_iso8601(parse_iso8601("2031-05-04T10:11:12.5Z")) == "2031-05-04T10:11:12.500000Z");
}

TEST_CASE("what is no time is refused with the expected form", "[base]") {
  const auto text = GENERATE("", "yesterday", "2031-13-04T10:11:12Z", "2031-02-30T10:11:12Z",
                             "2031-05-04T25:11:12Z", "2031-05-04T10:11:12.1234567Z",
                             "2031-05-04T10:11:12", "2031-05-04 10:11:12Z");
  CAPTURE(text);

  CHECK_THROWS_AS(parse_iso8601(text), UserError);
}
