#include "fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

constexpr auto kAdd = "/api/v1/builds/add";
constexpr auto kGoodAdd =
    R"({"bundles": ["r/b:1"], "binary_image": "r/o:1", "from_index": "r/i:1"})";

}  // namespace

TEST_CASE("an add is answered with its document and wakes the scheduler", "[web][submit]") {
  WebFixture fixture;

  const auto answer = fixture.post(kAdd, kGoodAdd);

  REQUIRE(answer.status == 201);
  const auto json = json_of(answer);
  CHECK(json["id"].GetInt() == 1);
  CHECK(json["request_type"] == "add");
  CHECK(json["user"].IsNull());
  CHECK(json["state"] == "in_progress");
  CHECK(json["updated"] == "2031-05-04T10:11:12.131415Z");
  CHECK(json["state_history"].Size() == 1);
  CHECK(json["bundles"][0] == "r/b:1");
  CHECK(json["logs"]["url"] == "http://iib.test/api/v1/builds/1/logs");
  CHECK_FALSE(json.HasMember("related_bundles"));
  CHECK(fixture.submitted == 1);
  CHECK(fixture.get("/api/v1/builds/1").body == answer.body);
}

TEST_CASE("an rm is answered with its document", "[web][submit]") {
  WebFixture fixture;

  const auto answer =
      fixture.post("/api/v1/builds/rm",
                   R"({"operators": ["otter"], "binary_image": "r/o:1", "from_index": "r/i:1"})");

  REQUIRE(answer.status == 201);
  CHECK(json_of(answer)["request_type"] == "rm");
  CHECK(json_of(answer)["removed_operators"][0] == "otter");
}

TEST_CASE("what cannot be accepted is a 400 that says why, and stores nothing", "[web][submit]") {
  WebFixture fixture;
  const auto [body, message] = GENERATE(table<std::string, std::string>({
      {"{", "JSON could not be read"},
      {" ", "JSON could not be read"},
      {"{\"bundles\": \"\xff\"}", "JSON could not be read"},
      {"[]", "JSON object"},
      {R"({"bundles": 5})", "'bundles'"},
      {R"({"bundles": []})", "'bundles'"},
      {R"({"bundles": ["r/b"], "binary_image": "r/o:1", "from_index": "r/i:1"})", "tag or digest"},
      {R"({"bundles": ["r/b:1"], "binary_image": "r/o:1", "from_index": "r/i:1", "x": 1})", "'x'"},
  }));
  CAPTURE(body);

  const auto answer = fixture.post(kAdd, body);

  CHECK(answer.status == 400);
  CHECK_THAT(error_of(answer), Catch::Contains(message));
  CHECK(json_of(fixture.get("/api/v1/builds"))["meta"]["total"].GetInt() == 0);
  CHECK(fixture.submitted == 0);
}

TEST_CASE("an empty body is a 400", "[web][submit]") {
  WebFixture fixture;
  CHECK(fixture.post(kAdd, "", "Content-Type: application/json\r\nContent-Length: 0\r\n").status ==
        400);
}

TEST_CASE("the content type must be JSON", "[web][submit]") {
  WebFixture fixture;
  const auto [type, status] = GENERATE(table<std::string, int>({
      {"application/json; charset=utf-8", 201},
      {"Application/JSON", 201},
      {"application/vnd.iib+json", 201},
      {"text/json", 400},
      {"application/+json", 400},
      {"application/jsonx", 400},
      {"application/x-www-form-urlencoded", 400},
  }));
  CAPTURE(type);
  CHECK(fixture.post(kAdd, kGoodAdd, "Content-Type: " + type + "\r\n").status == status);
}

TEST_CASE("a forbidden overwrite is a 403", "[web][submit]") {
  auto options = WebFixture::open_options();
  options.trusted_proxies.networks = {*config::Network::parse("127.0.0.0/8")};
  WebFixture fixture{std::move(options)};

  const auto answer = fixture.post(
      kAdd, R"({"binary_image": "r/o:1", "from_index": "r/i:1", "overwrite_from_index": true})",
      "X-Remote-User: someone@REALM\r\n");

  CHECK(answer.status == 403);
  CHECK_THAT(error_of(answer), Catch::Contains("overwrite_from_index_token"));
}

TEST_CASE("a chunked body is as good as one with a length", "[web][submit]") {
  WebFixture fixture;
  RawClient client{fixture.address()};
  const std::string body = kGoodAdd;

  client.send(
      "POST /api/v1/builds/add HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n5\r\n" +
      body.substr(0, 5) + "\r\n");
  char size[8];
  std::snprintf(size, sizeof size, "%zx", body.size() - 5);
  client.send(std::string{size} + "\r\n" + body.substr(5) + "\r\n0\r\n\r\n");

  CHECK(client.receive().status == 201);
}

TEST_CASE("who waits for 100 Continue gets it", "[web][submit]") {
  WebFixture fixture;
  RawClient client{fixture.address()};
  const std::string body = kGoodAdd;

  client.send(
      "POST /api/v1/builds/add HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
      "Expect: 100-continue\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  CHECK(client.receive().status == 100);
  client.send(body);
  CHECK(client.receive().status == 201);
}

}  // namespace iib::test
