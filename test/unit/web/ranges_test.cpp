#include "fixture.hpp"

#include <catch2/catch.hpp>

// One range of bytes of a log or another artifact (RFC 9110, 14).

namespace iib::test {
namespace {

constexpr auto kLog = "/api/v1/builds/1/logs";

/// The log of a finished request.
void keep_log(WebFixture& fixture, const std::string& text) {
  const auto id = fixture.submit_add();
  fixture.finish_next(model::RequestState::complete);
  fixture.write_log(id, text);
}

std::string range(const std::string& value) {
  return "Range: " + value + "\r\n";
}

}  // namespace

TEST_CASE("a range of a log is answered with it and where it lies", "[web][ranges]") {
  WebFixture fixture;
  keep_log(fixture, "0123456789");
  const auto [asked, body, place] = GENERATE(table<std::string, std::string, std::string>({
      {"bytes=0-0", "0", "bytes 0-0/10"},
      {"bytes=2-5", "2345", "bytes 2-5/10"},
      {"BYTES= 7-", "789", "bytes 7-9/10"},
      {"bytes=8-99999999999999999999999", "89", "bytes 8-9/10"},
      {"bytes=-3", "789", "bytes 7-9/10"},
      {"bytes=-300", "0123456789", "bytes 0-9/10"},
  }));
  CAPTURE(asked);

  const auto answer = fixture.get(kLog, range(asked));

  CHECK(answer.status == 206);
  CHECK(answer.body == body);
  CHECK(answer.headers.at("content-range") == place);
  CHECK(answer.headers.at("content-type") == "text/plain; charset=utf-8");
}

TEST_CASE("a range beyond the end is a 416 that tells the length", "[web][ranges]") {
  WebFixture fixture;
  keep_log(fixture, "0123456789");
  const auto asked =
      GENERATE(as<std::string>{}, "bytes=10-", "bytes=99999999999999999999999-", "bytes=-0");
  CAPTURE(asked);

  const auto answer = fixture.get(kLog, range(asked));

  CHECK(answer.status == 416);
  CHECK(answer.headers.at("content-range") == "bytes */10");
  CHECK_THAT(error_of(answer), Catch::Contains("10 bytes"));
}

TEST_CASE("what is not one range of bytes is ignored", "[web][ranges]") {
  WebFixture fixture;
  keep_log(fixture, "0123456789");
  const auto headers =
      GENERATE(as<std::string>{}, "", range("lines=1-2"), range("bytes=1-2,4-5"),
               range("bytes=5-2"), range("bytes=-"), range("bytes=x-"), range("bytes=1-+2"),
               range("bytes"), range("bytes=1-2") + range("bytes=1-2"),
               // Nothing was given out that it could match.
               range("bytes=1-2") + "If-Range: \"some\"\r\n");
  CAPTURE(headers);

  const auto answer = fixture.get(kLog, headers);

  CHECK(answer.status == 200);
  CHECK(answer.body == "0123456789");
  CHECK(answer.headers.at("accept-ranges") == "bytes");
}

TEST_CASE("HEAD knows no ranges", "[web][ranges]") {
  WebFixture fixture;
  keep_log(fixture, "0123456789");

  const auto answer = exchange(fixture.address(), "HEAD", kLog, "", range("bytes=2-5"));

  CHECK(answer.status == 200);
  CHECK(answer.headers.at("content-length") == "10");
}

TEST_CASE("an empty log has no range but all of it", "[web][ranges]") {
  WebFixture fixture;
  keep_log(fixture, "");

  CHECK(fixture.get(kLog, range("bytes=0-")).status == 416);
  const auto last = fixture.get(kLog, range("bytes=-5"));
  CHECK(last.status == 200);
  CHECK(last.body.empty());
}

TEST_CASE("a range of a tail counts from where the tail begins", "[web][ranges]") {
  WebFixture fixture;
  fixture.write_log(fixture.submit_add(), "one\ntwo\nthree\n");

  const auto answer = fixture.get(std::string{kLog} + "?tail=2", range("bytes=4-"));

  CHECK(answer.status == 206);
  CHECK(answer.body == "three\n");
  CHECK(answer.headers.at("content-range") == "bytes 4-9/10");
}

TEST_CASE("a range in the middle of a large log is read from there", "[web][ranges]") {
  WebFixture fixture;
  std::string text(5'000'000, 'x');
  text.replace(3'000'000, 200'000, 200'000, 'y');
  keep_log(fixture, text);

  const auto answer = fixture.get(kLog, range("bytes=3000000-3199999"));

  CHECK(answer.status == 206);
  CHECK((answer.body == std::string(200'000, 'y')));
}

TEST_CASE("lists of bundles have ranges, too", "[web][ranges]") {
  WebFixture fixture{WebFixture::open_options(), {io::ArtifactKind::related_bundles}};
  fixture.post("/api/v1/builds/regenerate-bundle", R"({"from_bundle_image": "r/b:1"})");
  fixture.finish_next(model::RequestState::complete);
  fixture.write_artifact("1_related_bundles.json", R"(["r/b@sha256:1"])");

  const auto answer = fixture.get("/api/v1/builds/1/related_bundles", range("bytes=2-4"));

  CHECK(answer.status == 206);
  CHECK(answer.body == "r/b");
}

}  // namespace iib::test
