// What a request may look like on the wire (RFC 9112): where it begins and ends must never be a
// matter of opinion between a proxy and us.

#include "fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

const std::string kBody = R"({"binary_image": "r/o:1", "from_index": "r/i:1"})";
const std::string kPost = "POST /api/v1/builds/add HTTP/1.1\r\nHost: h\r\n";
const std::string kJson = "Content-Type: application/json\r\n";
const std::string kHidden = "POST /api/v1/builds/add HTTP/1.1\r\nHost: h\r\n" + kJson +
                            "Content-Length: " + std::to_string(kBody.size()) + "\r\n\r\n" + kBody;

std::string chunk(const std::string& text) {
  return fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}

}  // namespace

TEST_CASE("a body may come in chunks", "[web][framing]") {
  WebFixture fixture;
  RawClient client{fixture.address()};
  const auto half = kBody.size() / 2;

  client.send(kPost + kJson + "Transfer-Encoding: chunked\r\n\r\n" + chunk(kBody.substr(0, half)));
  client.send(chunk(kBody.substr(half)) + "0\r\n\r\n" + request_text("GET", "/api/v1/builds/1"));

  CHECK(client.receive().status == 201);
  CHECK(client.receive().status == 200);
}

TEST_CASE("fields after the last chunk are not believed", "[web][framing]") {
  auto options = WebFixture::open_options();
  options.trusted_proxies = {};
  WebFixture fixture{options};
  RawClient client{fixture.address()};

  client.send(kPost + kJson + "Transfer-Encoding: chunked\r\n\r\n" + chunk(kBody) +
              "0\r\nX-Remote-User: mallory\r\nIdempotency-Key: k\r\n\r\n");
  const auto answer = client.receive();

  REQUIRE(answer.status == 201);
  CHECK(json_of(answer)["user"].IsNull());
}

TEST_CASE("a bad chunk is a 400 and the end of the connection", "[web][framing]") {
  WebFixture fixture;
  const auto text =
      GENERATE(as<std::string>{}, "x\r\n{}\r\n0\r\n\r\n", "-1\r\n{}\r\n0\r\n\r\n",
               "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n", "2\r\n{}xx0\r\n\r\n", "2\n{}\r\n0\r\n\r\n");
  CAPTURE(text);
  RawClient client{fixture.address()};

  client.send(kPost + kJson + "Transfer-Encoding: chunked\r\n\r\n" + text + kHidden);

  CHECK(client.receive().status == 400);
  CHECK(client.is_closed_by_server());
  CHECK(json_of(fixture.get("/api/v1/builds"))["meta"]["total"].GetInt() == 0);
}

TEST_CASE("a client that waits for the word to go on gets it", "[web][framing]") {
  WebFixture fixture;
  RawClient client{fixture.address()};
  const auto head = kPost + kJson + fmt::format("Content-Length: {}\r\n", kBody.size());

  SECTION("before it sends a body") {
    client.send(head + "Expect: 100-continue\r\n\r\n");
    CHECK(client.receive().status == 100);
    client.send(kBody);
    CHECK(client.receive().status == 201);
  }
  SECTION("but not when the head alone is refused") {
    client.send(
        "POST /api/v1/builds/nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
        "Expect: 100-continue\r\n\r\n");
    CHECK(client.receive().status == 404);
  }
  SECTION("nor when the body would be too large") {
    client.send(kPost + kJson + "Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.receive().status == 413);
  }
}

// A folded line is read as a blank (RFC 9112, 5.2), so it cannot hide a field either.
TEST_CASE("a request whose end is in doubt hides no other one", "[web][framing]") {
  WebFixture fixture;
  const auto fields = GENERATE(
      as<std::string>{}, "Content-Length: 4\r\nContent-Length: 0\r\n", "Content-Length: 0, 4\r\n",
      "Content-Length: +4\r\n", "Content-Length: 0x4\r\n",
      "Content-Length: 99999999999999999999999\r\n", "Content-Length: -1\r\n",
      "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "Transfer-Encoding: gzip\r\n",
      "Transfer-Encoding: identity\r\n", "Transfer-Encoding: chunked, gzip\r\n",
      "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: xchunked\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding:\r\n",
      "Transfer-Encoding : chunked\r\n", "Content-Length : 4\r\n", "X: y\nContent-Length: 4\r\n",
      "X: y\rContent-Length: 4\r\n", "Transfer-Encoding:\r\n chunked\r\n");
  CAPTURE(fields);
  RawClient client{fixture.address()};

  client.send(kPost + kJson + fields + "\r\n" + kHidden);
  const auto answer = client.receive();

  CHECK(answer.status == 400);
  error_of(answer);
  CHECK(client.is_closed_by_server());
  CHECK(json_of(fixture.get("/api/v1/builds"))["meta"]["total"].GetInt() == 0);
}

TEST_CASE("chunks are no part of HTTP/1.0", "[web][framing]") {
  WebFixture fixture;
  RawClient client{fixture.address()};

  client.send("POST /api/v1/builds/add HTTP/1.0\r\nHost: h\r\n" + kJson +
              "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(kBody) +
              "0\r\n\r\n");

  CHECK(client.receive().status == 400);
  CHECK(client.is_closed_by_server());
}

TEST_CASE("lines end as HTTP says", "[web][framing]") {
  WebFixture fixture;
  const auto text = GENERATE(as<std::string>{}, "GET /api/v1/builds HTTP/1.1\nHost: h\n\n",
                             "GET /api/v1/builds HTTP/1.1\r\nHost: h\n\r\n",
                             "GET /api/v1/builds HTTP/1.1\nHost: h\r\n\r\n",
                             "GET /api/v1/builds HTTP/1.1\rHost: h\r\n\r\n",
                             "GET  /api/v1/builds HTTP/1.1\r\nHost: h\r\n\r\n",
                             "GET\t/api/v1/builds HTTP/1.1\r\nHost: h\r\n\r\n",
                             "GET /api/v1/builds HTTP/1.1 \r\nHost: h\r\n\r\n");
  CAPTURE(text);
  RawClient client{fixture.address()};

  client.send(text + "\r\n\r\n");

  CHECK(client.receive().status == 400);
  CHECK(client.is_closed_by_server());
}

TEST_CASE("HTTP/1.1 needs exactly one host", "[web][framing]") {
  WebFixture fixture;
  const auto [fields, status] = GENERATE(table<std::string, int>({
      {"", 400},
      {"Host: a\r\nHost: b\r\n", 400},
      {"Host: a\r\nHost: a\r\n", 400},
      {"Host:\r\n", 400},
      {"Host: a/../b\r\n", 400},
      {"Host: evil@h\r\n", 400},
      {"Host: [::1]:8080\r\n", 200},
  }));
  CAPTURE(fields);
  RawClient client{fixture.address()};

  client.send("GET /api/v1/builds HTTP/1.1\r\n" + fields + "\r\n");
  CHECK(client.receive().status == status);
  client.send(request_text("GET", "/api/v1/builds"));
  CHECK(client.receive().status == 200);
}

TEST_CASE("a configured external URL does not make the host optional", "[web][framing]") {
  auto options = WebFixture::open_options();
  options.external_url = "https://iib.example.com";
  WebFixture fixture{options};
  RawClient client{fixture.address()};

  client.send("GET /api/v1/builds HTTP/1.1\r\n\r\n");

  CHECK(client.receive().status == 400);
}

}  // namespace iib::test
