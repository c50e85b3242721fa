#include "fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

constexpr auto kAdd = "/api/v1/builds/add";
constexpr auto kGoodAdd =
    R"({"bundles": ["r/b:1"], "binary_image": "r/o:1", "from_index": "r/i:1"})";
constexpr auto kUser = "X-Remote-User: builder@REALM\r\n";

web::Options strict(bool trust_loopback) {
  auto options = WebFixture::open_options();
  options.login_disabled = false;
  if (trust_loopback) options.trusted_proxies.networks = {*config::Network::parse("127.0.0.1")};
  return options;
}

}  // namespace

TEST_CASE("a trusted proxy says who the user is", "[web][users]") {
  WebFixture fixture{strict(true)};

  const auto answer = fixture.post(kAdd, kGoodAdd, kUser);

  REQUIRE(answer.status == 201);
  CHECK(json_of(answer)["user"] == "builder@REALM");
}

TEST_CASE("the header of anybody else is not believed", "[web][users]") {
  WebFixture fixture{strict(false)};

  CHECK(fixture.post(kAdd, kGoodAdd, kUser).status == 401);
}

TEST_CASE("with login disabled an untrusted header is ignored", "[web][users]") {
  WebFixture fixture;

  const auto answer = fixture.post(kAdd, kGoodAdd, kUser);

  REQUIRE(answer.status == 201);
  CHECK(json_of(answer)["user"].IsNull());
}

TEST_CASE("nobody, an empty name and two names are refused", "[web][users]") {
  WebFixture fixture{strict(true)};

  CHECK(fixture.post(kAdd, kGoodAdd).status == 401);
  CHECK(fixture.post(kAdd, kGoodAdd, "X-Remote-User: \r\n").status == 401);
  CHECK(
      fixture.post(kAdd, kGoodAdd, std::string{kUser} + "x-remote-user: admin@REALM\r\n").status ==
      401);
}

TEST_CASE("authentication comes before the body is looked at", "[web][users]") {
  WebFixture fixture{strict(true)};

  CHECK(fixture.post(kAdd, "{broken").status == 401);
  CHECK(fixture.post(kAdd, "{broken", "Content-Type: text/plain\r\n").status == 401);

  SECTION("and before it is even sent") {
    RawClient client{fixture.address()};
    client.send("POST /api/v1/builds/add HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    const auto answer = client.receive();
    CHECK(answer.status == 401);
    CHECK(answer.headers.at("connection") == "close");
  }
}

TEST_CASE("an unknown path and a wrong method come before authentication", "[web][users]") {
  WebFixture fixture{strict(true)};

  CHECK(fixture.post("/api/v1/builds/nothing", "{}").status == 404);
  CHECK(fixture.post("/api/v1/builds", "{}").status == 405);
}

TEST_CASE("reading and OPTIONS need no user", "[web][users]") {
  WebFixture fixture{strict(true)};

  CHECK(fixture.get("/api/v1/builds").status == 200);
  CHECK(exchange(fixture.address(), "OPTIONS", kAdd).status == 200);
}

TEST_CASE("a unix socket is trusted as such", "[web][users]") {
  TempDir dir{"/tmp", "iibd-web-socket-"};
  const auto path = (dir.path() / "s").string();
  auto options = strict(false);
  options.listen = {config::ListenAddress{.host = {}, .port = 0, .socket_path = path}};

  SECTION("when it is listed") {
    options.trusted_proxies.unix_sockets = true;
    WebFixture fixture{options};
    REQUIRE(fixture.address() == "unix:" + path);
    CHECK(fixture.post(kAdd, kGoodAdd, kUser).status == 201);
    fixture.server.reset();
    CHECK_FALSE(std::filesystem::exists(path));
  }
  SECTION("and not otherwise") {
    WebFixture fixture{options};
    CHECK(fixture.post(kAdd, kGoodAdd, kUser).status == 401);
  }
}

}  // namespace iib::test
