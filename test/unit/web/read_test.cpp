#include "fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::test {

TEST_CASE("an unknown request, path or id is not found", "[web][read]") {
  WebFixture fixture;
  fixture.submit_add();
  const auto target =
      GENERATE(as<std::string>{}, "/api/v1/builds/2", "/api/v1/builds/0", "/api/v1/builds/-1",
               "/api/v1/builds/x", "/api/v1/builds/1x", "/api/v1/builds/99999999999999999999",
               "/api/v1/builds/", "/api/v1/builds/1/", "/api/v1", "/api/v1/builds/2/logs",
               "/api/v1/builds//logs", "/api/v2/builds", "/builds", "//", "/api/v1/builds/1%2Flogs",
               "/api/v1/builds/%zz", "/static/../api/v1/builds");
  CAPTURE(target);

  const auto answer = fixture.get(target);

  CHECK(answer.status == 404);
  CHECK_THAT(error_of(answer), Catch::Contains("not found"));
}

TEST_CASE("an id may have leading zeros, a path may be escaped or absolute", "[web][read]") {
  WebFixture fixture;
  fixture.submit_add();

  CHECK(fixture.get("/api/v1/builds/001").status == 200);
  CHECK(fixture.get("/api/v1/build%73/1").status == 200);
  CHECK(fixture.get("http://other.test/api/v1/builds/1").status == 200);
}

TEST_CASE("a wrong method is told which are right", "[web][read]") {
  WebFixture fixture;
  const auto [method, target, allowed] = GENERATE(table<std::string, std::string, std::string>({
      {"POST", "/api/v1/builds", "GET, HEAD, OPTIONS"},
      {"DELETE", "/api/v1/builds/1", "GET, HEAD, PATCH, OPTIONS"},
      {"GET", "/api/v1/builds/add", "POST, OPTIONS"},
      {"HEAD", "/api/v1/builds/rm", "POST, OPTIONS"},
      {"BREW", "/", "GET, HEAD, OPTIONS"},
  }));
  CAPTURE(method, target);

  const auto answer = exchange(fixture.address(), method, target);

  CHECK(answer.status == 405);
  CHECK(answer.headers.at("allow") == allowed);
}

TEST_CASE("HEAD has the headers of GET and no body", "[web][read]") {
  WebFixture fixture;
  fixture.submit_add();
  const auto target = GENERATE(as<std::string>{}, "/", "/api/v1/builds/1", "/api/v1/builds/7",
                               "/static/api_v1.yaml");
  CAPTURE(target);
  RawClient client{fixture.address()};

  client.send(request_text("HEAD", target) + request_text("GET", target));
  auto head = client.receive(true);
  auto get = client.receive();

  CHECK(head.status == get.status);
  CHECK(head.headers.erase("x-request-id") == 1);
  CHECK(get.headers.erase("x-request-id") == 1);
  CHECK(head.headers == get.headers);
  CHECK_FALSE(get.body.empty());
}

TEST_CASE("OPTIONS of a known path tells the methods", "[web][read]") {
  WebFixture fixture;

  const auto answer = exchange(fixture.address(), "OPTIONS", "/api/v1/builds/5");

  CHECK(answer.status == 200);
  CHECK(answer.headers.at("allow") == "GET, HEAD, PATCH, OPTIONS");
  CHECK(exchange(fixture.address(), "OPTIONS", "/nothing").status == 404);
}

TEST_CASE("the page, the description and the health are there", "[web][read]") {
  WebFixture fixture;

  CHECK(fixture.get("/").headers.at("content-type") == "text/html; charset=utf-8");
  // Not by a matcher: the page is long, and would be shown whole.
  CHECK(fixture.get("/").body.find("/api/v1/openapi.json") != std::string::npos);
  const auto description = fixture.get("/static/api_v1.yaml").body;
  CHECK_THAT(description, Catch::StartsWith("openapi: 3."));
  CHECK(fixture.get("/api/v1/openapi.yaml").body == description);
  const auto as_json = json_of(fixture.get("/api/v1/openapi.json"));
  CHECK_THAT(as_json["openapi"].GetString(), Catch::StartsWith("3."));
  CHECK(as_json["paths"]["/builds/{id}"]["get"]["responses"]["200"].IsObject());
  CHECK(json_of(fixture.get("/api/v1/healthcheck"))["status"].IsString());
}

TEST_CASE("URLs follow the Host header, or the configured address", "[web][read]") {
  auto options = WebFixture::open_options();
  SECTION("the header") {
    WebFixture fixture{options};
    fixture.submit_add();
    CHECK_THAT(fixture.get("/api/v1/builds/1").body, Catch::Contains("\"http://iib.test/api/v1"));
  }
  SECTION("the configured address") {
    options.external_url = "https://iib.example.com";
    WebFixture fixture{options};
    fixture.submit_add();
    CHECK_THAT(fixture.get("/api/v1/builds/1").body,
               Catch::Contains("\"https://iib.example.com/api/v1"));
  }
  SECTION("a header that is no host is refused") {
    WebFixture fixture{options};
    RawClient client{fixture.address()};
    client.send("GET /api/v1/builds HTTP/1.1\r\nHost: a/b\"<c\r\n\r\n");
    CHECK(client.receive().status == 400);
    client.send("GET /api/v1/builds HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    CHECK(client.receive().status == 400);
  }
}

TEST_CASE("the log of a request follows the table of the contract", "[web][logs]") {
  WebFixture fixture;
  const auto id = fixture.submit_add();
  const std::string target = "/api/v1/builds/1/logs";

  SECTION("in progress it is refused, whether there is one or not") {
    CHECK(fixture.get(target).status == 400);
    CHECK(fixture.get(target + "?tail=5").status == 200);
    fixture.write_log(id, "one\ntwo\nthree\n");
    CHECK(fixture.get(target).status == 400);
    CHECK_THAT(error_of(fixture.get(target)), Catch::Contains("not finished"));
    CHECK(fixture.get(target + "?tail=2").body == "two\nthree\n");
  }
  SECTION("finished it is shown whole, expired or not, even if empty") {
    fixture.finish_next(model::RequestState::failed);
    fixture.write_log(id, "all\n");
    const auto answer = fixture.get(target);
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("content-type") == "text/plain; charset=utf-8");
    CHECK(answer.body == "all\n");
    fixture.clock.advance(std::chrono::days{4});
    CHECK(fixture.get(target).body == "all\n");
    fixture.write_log(id, "");
    CHECK(fixture.get(target).status == 200);
  }
  SECTION("a missing one is an error, and gone once it has expired") {
    fixture.finish_next(model::RequestState::complete);
    CHECK(fixture.get(target).status == 500);
    CHECK_THAT(error_of(fixture.get(target)), Catch::Contains("could not be found"));
    fixture.clock.advance(std::chrono::days{3} + std::chrono::microseconds{1});
    CHECK(fixture.get(target).status == 410);
    CHECK_THAT(error_of(fixture.get(target)), Catch::Contains("request 1"));
  }
  SECTION("a tail must be a number of lines") {
    CHECK(fixture.get(target + "?tail=").status == 400);
    CHECK(fixture.get(target + "?tail=-1").status == 400);
    CHECK(fixture.get(target + "?tail=x").status == 400);
  }
}

TEST_CASE("the tail of a log is its last lines", "[web][logs]") {
  WebFixture fixture;
  const auto id = fixture.submit_add();
  const std::string long_line(100'000, 'x');
  const auto [text, lines, tail] = GENERATE_COPY(table<std::string, int, std::string>({
      {"a\nb\n", 0, ""},
      {"a\nb\n", 1, "b\n"},
      {"a\nb\n", 2, "a\nb\n"},
      {"a\nb\n", 9, "a\nb\n"},
      {"a\nb", 1, "b"},
      {"a\nb", 0, ""},
      {"\n\n\n", 2, "\n\n"},
      {"", 3, ""},
      {"first\n" + long_line + "\nlast\n", 2, long_line + "\nlast\n"},
  }));
  CAPTURE(text.size(), lines);
  fixture.write_log(id, text);

  CHECK(fixture.get("/api/v1/builds/1/logs?tail=" + std::to_string(lines)).body == tail);
}

TEST_CASE("a log of many megabytes is sent whole", "[web][logs]") {
  WebFixture fixture;
  const auto id = fixture.submit_add();
  fixture.finish_next(model::RequestState::complete);
  std::string text;
  for (int line = 0; text.size() < 20'000'000; ++line) text += std::to_string(line) + "\n";
  fixture.write_log(id, text);

  CHECK((fixture.get("/api/v1/builds/1/logs").body == text));
}

}  // namespace iib::test
