#include "iib/io/http_service.hpp"

#include "http_test_server.hpp"
#include "variable.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>

namespace iib::test {
namespace {

using namespace std::chrono_literals;

io::HttpService service_of(const HttpTestServer& server, const std::string& path = "/api") {
  return io::HttpService{
      {.name = "the service",
       .url = "http://" + server.address() + path,
       .call_limit = 2s,
       .answer_limit = 1000,
       .retries = {.attempts = 3, .multiplier = 1ms, .delay = 1ms, .jitter = 1ms}}};
}

Log silent() {
  return Log{make_null_sink(), "test", LogLevel::error};
}

io::HttpRequest get(std::string target) {
  io::HttpRequest request;
  request.target = std::move(target);
  return request;
}

}  // namespace

TEST_CASE("a target is joined to the base with exactly one slash", "[http]") {
  const HttpTestServer server{[](const RawRequest&) { return answer(200, "{}"); }};
  const auto* base = GENERATE("/api", "/api/", "/api///");
  CHECK(service_of(server, base).send(get("decision"), {}, silent()).status == 200);
  CHECK(server.requests().front().line() == "GET /api/decision");
}

TEST_CASE("a service is asked by way of the proxy that the environment names", "[http]") {
  const HttpTestServer proxy{[](const RawRequest&) { return answer(200, "by proxy"); }};
  const Proxies proxies{"http://" + proxy.address(), std::nullopt};
  const io::HttpService service{{.name = "the service",
                                 .url = "http://service.invalid:8080/api",
                                 .retries = {.attempts = 1}}};

  CHECK(service.send(get("decision"), {}, silent()).body == "by proxy");

  REQUIRE(proxy.requests().size() == 1);
  CHECK(proxy.requests().front().line() == "GET http://service.invalid:8080/api/decision");
}

TEST_CASE("a lost connection and an answer of 5xx are tried again", "[http]") {
  std::atomic<int> calls{0};
  const HttpTestServer server{[&](const RawRequest&) -> RawAnswer {
    switch (++calls) {
      case 1:
        return {"", RawAnswer::Then::close};
      case 2:
        return answer(503, "later");
      default:
        return answer(200, "done");
    }
  }};
  CHECK(service_of(server).send(get("x"), {}, silent()).body == "done");
  CHECK(calls == 3);
}

TEST_CASE("the last answer of 5xx is given when the tries are used up", "[http]") {
  const HttpTestServer server{[](const RawRequest&) { return answer(500, "broken"); }};
  const auto last = service_of(server).send(get("x"), {}, silent());
  CHECK(last.status == 500);
  CHECK(last.body == "broken");
  CHECK(server.requests().size() == 3);
}

TEST_CASE("a refusal of the request is not tried again, a redirect not followed", "[http]") {
  const int status = GENERATE(302, 400, 404, 429);
  const HttpTestServer server{
      [&](const RawRequest&) { return answer(status, "no", "Location: /other\r\n"); }};
  CHECK(service_of(server).send(get("x"), {}, silent()).status == status);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a service that says nothing is given up within its limit", "[http]") {
  const HttpTestServer server{[](const RawRequest&) {
    return RawAnswer{"", RawAnswer::Then::silence};
  }};
  const io::HttpService service{{.name = "the service",
                                 .url = "http://" + server.address(),
                                 .call_limit = 50ms,
                                 .retries = {.attempts = 1}}};
  CHECK_THROWS_AS(service.send(get("x"), {}, silent()), io::HttpFailure);
}

TEST_CASE("a service that takes too long is told with the option to raise", "[http]") {
  const HttpTestServer server{[](const RawRequest&) {
    return RawAnswer{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", RawAnswer::Then::silence};
  }};
  const io::HttpService service{{.name = "the service",
                                 .url = "http://" + server.address(),
                                 .call_limit = 50ms,
                                 .limit_option = "iib_some_timeout",
                                 .retries = {.attempts = 1}}};
  CHECK_THROWS_WITH(service.send(get("x"), {}, silent()),
                    Catch::Contains("raise iib_some_timeout"));
}

TEST_CASE("an answer beyond the limit is refused", "[http]") {
  const HttpTestServer server{
      [](const RawRequest&) { return answer(200, std::string(2000, 'x')); }};
  CHECK_THROWS_AS(service_of(server).send(get("x"), {}, silent()), io::HttpFailure);
}

TEST_CASE("what a service says of a refusal is one short line", "[http]") {
  const auto told = [](std::string body) { return io::told_by({400, {}, std::move(body)}); };
  CHECK(told(R"({"message": "no such subject"})") == "no such subject");
  CHECK(told(R"({"error": 1})") == R"({"error": 1})");
  CHECK(told("plain\ntext\n") == "plain\\ntext");
  CHECK(told("").empty());
  CHECK(told(std::string(499, 'x') + "\xc3\xa9\xc3\xa9").size() == 499);
}

}  // namespace iib::test
