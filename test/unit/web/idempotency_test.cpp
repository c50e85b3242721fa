#include "fixture.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <set>

namespace iib::test {
namespace {

constexpr auto kAdd = "/api/v1/builds/add";
constexpr auto kBody = R"({"bundles": ["r/b:1"], "binary_image": "r/o:1", "from_index": "r/i:1"})";

std::string with_key(const std::string& key) {
  return "Idempotency-Key: " + key + "\r\n";
}

std::int64_t stored(const WebFixture& fixture) {
  return json_of(fixture.get("/api/v1/builds"))["meta"]["total"].GetInt64();
}

}  // namespace

TEST_CASE("a repeated submission gets the first answer to the byte", "[web][idempotency]") {
  WebFixture fixture;

  const auto first = fixture.post(kAdd, kBody, with_key("one"));
  REQUIRE(first.status == 201);
  model::Learned learned;
  learned.arches = {"amd64"};
  learned.facts.index_image = "r/built:1";
  fixture.finish_next(model::RequestState::complete, std::move(learned));
  fixture.clock.advance(std::chrono::hours{23});
  const auto again = fixture.post(kAdd, kBody, with_key("one"));

  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(stored(fixture) == 1);
  CHECK(json_of(fixture.get("/api/v1/builds/1"))["state"] == "complete");
}

TEST_CASE("a repeated batch gets the first answer to the byte", "[web][idempotency]") {
  WebFixture fixture;
  constexpr auto kBatch = "/api/v1/builds/regenerate-bundle-batch";
  const std::string body = R"({"annotations": {"a": 1}, "build_requests": [
      {"from_bundle_image": "r/b:1", "bundle_replacements": {"a": "b"}}, {"from_bundle_image": "r/b:2"}]})";

  const auto first = fixture.post(kBatch, body, with_key("one"));
  const auto again = fixture.post(kBatch, body, with_key("one"));

  REQUIRE(first.status == 201);
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(stored(fixture) == 2);
}

TEST_CASE("without a key the same body is a new submission", "[web][idempotency]") {
  WebFixture fixture;
  fixture.post(kAdd, kBody);
  fixture.post(kAdd, kBody);
  CHECK(stored(fixture) == 2);
}

TEST_CASE("the same key with another body is a 409 whatever the body", "[web][idempotency]") {
  WebFixture fixture;
  fixture.post(kAdd, kBody, with_key("one"));
  const auto body = GENERATE(
      as<std::string>{},
      R"({"bundles": ["r/b:2"], "binary_image": "r/o:1", "from_index": "r/i:1"})", "{}", "{");
  CAPTURE(body);

  const auto answer = fixture.post(kAdd, body, with_key("one"));

  CHECK(answer.status == 409);
  CHECK_THAT(error_of(answer), Catch::Contains("Idempotency-Key 'one'"));
  CHECK(stored(fixture) == 1);
}

TEST_CASE("a refused submission does not use its key up", "[web][idempotency]") {
  WebFixture fixture;

  CHECK(fixture.post(kAdd, "{}", with_key("one")).status == 400);
  CHECK(fixture.post(kAdd, kBody, with_key("one")).status == 201);
}

TEST_CASE("a key that is none is a 400", "[web][idempotency]") {
  WebFixture fixture;
  const auto headers =
      GENERATE(as<std::string>{}, "Idempotency-Key:\r\n",
               "Idempotency-Key: " + std::string(256, 'k') + "\r\n",
               "Idempotency-Key: a\r\nIdempotency-Key: b\r\n", "Idempotency-Key: \xc3\xa4\r\n");
  CAPTURE(headers);

  const auto answer = fixture.post(kAdd, kBody, headers);

  CHECK(answer.status == 400);
  CHECK_THAT(error_of(answer), Catch::Contains("Idempotency-Key"));
  CHECK(stored(fixture) == 0);
}

TEST_CASE("the longest key is taken", "[web][idempotency]") {
  WebFixture fixture;
  const auto key = with_key(std::string(255, 'k'));
  CHECK(fixture.post(kAdd, kBody, key).status == 201);
  CHECK(fixture.post(kAdd, kBody, key).status == 201);
  CHECK(stored(fixture) == 1);
}

TEST_CASE("many at once with one key are one submission", "[web][idempotency]") {
  WebFixture fixture;
  std::vector<std::future<Received>> answers;
  answers.reserve(16);
  for (int count = 0; count < 16; ++count) {
    answers.push_back(
        std::async(std::launch::async, [&] { return fixture.post(kAdd, kBody, with_key("one")); }));
  }

  std::set<std::string> bodies;
  for (auto& answer : answers) {
    const auto received = answer.get();
    CHECK(received.status == 201);
    bodies.insert(received.body);
  }
  CHECK(bodies.size() == 1);
  CHECK(stored(fixture) == 1);
}

}  // namespace iib::test
