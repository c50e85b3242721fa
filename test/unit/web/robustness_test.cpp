// What clients send that is well-formed HTTP and still odd.

#include "fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

const std::string kAdd = "/api/v1/builds/add";

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string text;
  for (std::size_t at = 0; at < depth; ++at) text += open;
  text += "1";
  for (std::size_t at = 0; at < depth; ++at) text += close;
  return text;
}

}  // namespace

TEST_CASE("HEAD tells what GET would, and sends no body", "[web][robust]") {
  WebFixture fixture;
  fixture.submit_add();
  const auto target =
      GENERATE(as<std::string>{}, "/", "/api/v1/builds", "/api/v1/builds/1", "/api/v1/builds/7",
               "/api/v1/builds/1/logs", "/static/api_v1.yaml", "/nothing");
  CAPTURE(target);
  RawClient client{fixture.address()};

  client.send(request_text("HEAD", target) + request_text("GET", target));
  const auto head = client.receive(true);
  const auto get = client.receive();

  CHECK(head.status == get.status);
  CHECK(head.headers.at("content-type") == get.headers.at("content-type"));
  CHECK(head.headers.at("content-length") == get.headers.at("content-length"));
}

TEST_CASE("OPTIONS and a wrong method tell the methods of a path", "[web][robust]") {
  WebFixture fixture;
  const auto [target, allowed] = GENERATE(table<std::string, std::string>({
      {"/api/v1/builds", "GET, HEAD, OPTIONS"},
      {"/api/v1/builds/add", "POST, OPTIONS"},
      {"/api/v1/builds/5", "GET, HEAD, PATCH, OPTIONS"},
      {"/api/v1/builds/5/cancel", "POST, OPTIONS"},
      {"/api/v1/builds/5/logs", "GET, HEAD, OPTIONS"},
  }));
  CAPTURE(target);

  const auto options = exchange(fixture.address(), "OPTIONS", target);
  CHECK(options.status == 200);
  CHECK(options.headers.at("allow") == allowed);
  CHECK(options.body.empty());
  for (const std::string method : {"DELETE", "PUT", "TRACE", "BREW", "get"}) {
    const auto answer = exchange(fixture.address(), method, target);
    CHECK(answer.status == 405);
    CHECK(answer.headers.at("allow") == allowed);
    error_of(answer);
  }
  CHECK(exchange(fixture.address(), "OPTIONS", "/nothing").status == 404);
}

TEST_CASE("a wrong method is told before its body is read", "[web][robust]") {
  WebFixture fixture;
  RawClient client{fixture.address()};

  client.send("PUT /api/v1/builds/add HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");

  CHECK(client.receive().status == 405);
  CHECK(client.is_closed_by_server());
}

TEST_CASE("only JSON is taken", "[web][robust]") {
  WebFixture fixture;
  const std::string body = R"({"binary_image": "r/o:1", "from_index": "r/i:1"})";
  const auto [type, status] = GENERATE(table<std::string, int>({
      {"Content-Type: text/plain\r\n", 400},
      {"Content-Type: application/x-www-form-urlencoded\r\n", 400},
      {"Content-Type: multipart/form-data; boundary=application/json\r\n", 400},
      {"Content-Type: application/jsonx\r\n", 400},
      {"Content-Type: application/+json\r\n", 400},
      {"Content-Type:\r\n", 400},
      {"Content-Type: application/json\r\nContent-Type: text/plain\r\n", 400},
      {"Content-Type: Application/JSON ; charset=utf-8\r\n", 201},
      {"Content-Type: application/merge-patch+json\r\n", 201},
  }));
  CAPTURE(type);

  const auto answer = fixture.post(kAdd, body, type);

  CHECK(answer.status == status);
  if (status == 400) CHECK_THAT(error_of(answer), Catch::Contains("JSON"));
}

TEST_CASE("a target that cannot be decoded leads nowhere", "[web][robust]") {
  WebFixture fixture;
  fixture.submit_add();
  const auto [target, status] = GENERATE(table<std::string, int>({
      {"/api/v1/builds/%", 404},
      {"/api/v1/builds/%1", 404},
      {"/api/v1/builds/%zz", 404},
      {"/api/v1/builds/1%00", 404},
      {"/api/v1/builds%2F1", 404},
      {"/api/v1/builds/..%2f..%2fetc%2fpasswd", 404},
      {"/api/v1/../v1/builds", 404},
      {"//api/v1/builds", 404},
      {"/api/v1/builds/", 404},
      {"/api/v1/builds/%ff%fe", 404},
      {"/api/v1/builds/%C0%B1", 404},
      {"/api/v1/builds/%31", 200},
      {"/api/v1/builds/18446744073709551617", 404},
      {"/api/v1/builds/" + std::string(5'000, '9'), 404},
      {"/api/v1/builds/-1", 404},
      {"/api/v1/builds/0x1", 404},
      {"http://h/api/v1/builds/1", 200},
      {"*", 404},
      {"nonsense", 404},
  }));
  CAPTURE(target);

  const auto answer = fixture.get(target);

  CHECK(answer.status == status);
  if (status != 200) CHECK(error_of(answer).find("builds") == std::string::npos);
}

TEST_CASE("a query that cannot be decoded stands for itself", "[web][robust]") {
  WebFixture fixture;
  fixture.submit_add();
  const auto [query, status] = GENERATE(table<std::string, int>({
      {"user=%zz", 200},
      {"user=%", 200},
      {"user=%ff%fe", 200},
      {"user=%00", 200},
      {"&&&=&==&%=%", 200},
      {"state=%ff", 400},
      {"from_index=%ff%00", 400},
      {"batch=99999999999999999999999", 200},
      {"page=99999999999999999999999", 404},
      {"per_page=99999999999999999999999", 200},
      {"per_page=-99999999999999999999999", 404},
  }));
  CAPTURE(query);

  const auto answer = fixture.get("/api/v1/builds?" + query);

  CHECK(answer.status == status);
  json_of(answer);
}

TEST_CASE("bytes that are no UTF-8 are refused in a body", "[web][robust]") {
  WebFixture fixture;
  const auto bytes = GENERATE(as<std::string>{}, "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82",
                              "\xf4\x90\x80\x80", R"(\ud800)", R"(\udc00\ud800)");

  const auto answer =
      fixture.post(kAdd, R"({"binary_image": "r/o:1", "from_index": "r/i:)" + bytes + R"("})");

  CHECK(answer.status == 400);
  error_of(answer);
}

TEST_CASE("deep JSON is refused, not followed", "[web][robust]") {
  WebFixture fixture;
  const std::size_t depth = GENERATE(10'000, 1'000'000);
  const auto deep = GENERATE_COPY(nested(depth, "[", "]"), nested(depth, R"({"a":)", "}"),
                                  R"({"binary_image": )" + nested(depth, "[", "]") + "}",
                                  std::string(depth, '['));

  const auto answer = fixture.post(kAdd, deep);

  CHECK(answer.status == 400);
  error_of(answer);
  CHECK(fixture.get("/api/v1/builds").status == 200);
}

TEST_CASE("of repeated keys the last counts", "[web][robust]") {
  WebFixture fixture;

  const auto answer = fixture.post(
      kAdd,
      R"({"binary_image": 5, "from_index": "r/first:1", "from_index": "r/last:1", "binary_image": "r/o:1"})");

  REQUIRE(answer.status == 201);
  CHECK(json_of(answer)["from_index"] == "r/last:1");
}

TEST_CASE("numbers beyond every range are refused", "[web][robust]") {
  WebFixture fixture;
  const auto number = GENERATE(as<std::string>{}, "99999999999999999999999999", "1e400", "-1e400",
                               "18446744073709551616", "0.1e-400", "NaN", "Infinity", "01");
  CAPTURE(number);

  const auto answer = fixture.post(
      kAdd, R"({"binary_image": "r/o:1", "from_index": "r/i:1", "build_timeout": )" + number + "}");

  CHECK(answer.status == 400);
  error_of(answer);
}

TEST_CASE("JSON with something after it is refused", "[web][robust]") {
  WebFixture fixture;
  const auto tail = GENERATE(as<std::string>{}, "x", "{}", std::string(1, '\0'), ",", "//");
  CHECK(fixture.post(kAdd, R"({"binary_image": "r/o:1", "from_index": "r/i:1"})" + tail).status ==
        400);
}

TEST_CASE("odd header fields are harmless", "[web][robust]") {
  WebFixture fixture;
  std::string many;
  for (int count = 0; count < 1'500; ++count) many += fmt::format("A{}: b\r\n", count);

  CHECK(fixture.get("/api/v1/builds", many).status == 200);
  CHECK(fixture.get("/api/v1/builds", "Empty:\r\n").status == 200);
  CHECK(fixture.get("/api/v1/builds", "Latin: \xe9\xff\r\n").status == 200);
  CHECK(fixture.get("/api/v1/builds", "Zero: a" + std::string(1, '\0') + "b\r\n").status == 400);
  CHECK(fixture.get("/api/v1/builds", "Upgrade: h2c\r\nConnection: Upgrade\r\n").status == 200);
}

}  // namespace iib::test
