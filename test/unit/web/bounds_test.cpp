#include "fixture.hpp"
#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

#include <thread>

namespace iib::test {
namespace {

using namespace std::chrono_literals;

const std::string kList = request_text("GET", "/api/v1/builds");

web::Options with_limits(web::Limits limits) {
  auto options = WebFixture::open_options();
  options.limits = limits;
  return options;
}

/// What is there, and cannot be read.
class Unreadable final : public io::OpenArtifact {
 public:
  [[nodiscard]] std::uintmax_t size() const override { return 10; }
  [[nodiscard]] std::string read(std::uintmax_t, std::size_t) const override {
    throw ExternalError{"the disk is broken", ExternalError::Retry::no};
  }
  [[nodiscard]] std::optional<LeftOut> left_out() const override { return std::nullopt; }
  [[nodiscard]] bool is(const OpenArtifact&) const override { return true; }
};

/// A log that is there, and cannot be read.
class UnreadableArtifacts final : public io::Artifacts {
 public:
  [[nodiscard]] bool configured(io::ArtifactKind) const override { return true; }
  [[nodiscard]] std::shared_ptr<LogSink> open_log(RequestId,
                                                  std::shared_ptr<LogSink> also) override {
    return also;
  }
  [[nodiscard]] std::shared_ptr<const io::OpenArtifact> open(io::ArtifactKind,
                                                             RequestId) const override {
    return std::make_shared<Unreadable>();
  }
  void write(io::ArtifactKind, RequestId, std::string_view) override {}
};

}  // namespace

TEST_CASE("a connection serves many requests", "[web][bounds]") {
  WebFixture fixture;
  RawClient client{fixture.address()};
  for (int count = 0; count < 50; ++count) {
    client.send(kList);
    REQUIRE(client.receive().status == 200);
  }
}

TEST_CASE("pipelined requests are answered in order", "[web][bounds]") {
  WebFixture fixture;
  RawClient client{fixture.address()};
  const std::string body = R"({"binary_image": "r/o:1", "from_index": "r/i:1"})";

  client.send(request_text("POST", "/api/v1/builds/add", body) +
              request_text("GET", "/api/v1/builds/1") + request_text("GET", "/nothing") +
              request_text("POST", "/api/v1/builds/add", body) + kList);

  CHECK(client.receive().status == 201);
  CHECK(client.receive().status == 200);
  CHECK(client.receive().status == 404);
  CHECK(json_of(client.receive())["id"].GetInt() == 2);
  CHECK(json_of(client.receive())["meta"]["total"].GetInt() == 2);
}

TEST_CASE("a client may ask for the end of the connection", "[web][bounds]") {
  WebFixture fixture;
  RawClient client{fixture.address()};
  SECTION("by a header") {
    client.send(request_text("GET", "/api/v1/builds", "", "Connection: close\r\n"));
  }
  SECTION("by speaking HTTP/1.0") {
    client.send("GET /api/v1/builds HTTP/1.0\r\n\r\n");
  }

  const auto answer = client.receive();

  CHECK(answer.status == 200);
  CHECK(answer.headers.at("connection") == "close");
  CHECK(client.is_closed_by_server());
}

TEST_CASE("a body beyond the bound is a 413", "[web][bounds]") {
  web::Limits limits;
  limits.body_bytes = 1000;
  WebFixture fixture{with_limits(limits)};

  SECTION("by its length, before it is sent") {
    RawClient client{fixture.address()};
    client.send("POST /api/v1/builds/add HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
    CHECK(client.receive().status == 413);
    CHECK(client.is_closed_by_server());
  }
  SECTION("and the client that sends it all still sees the answer") {
    const auto answer = fixture.post("/api/v1/builds/add", std::string(500'000, ' '));
    CHECK(answer.status == 413);
    CHECK_THAT(error_of(answer), Catch::Contains("1000 bytes"));
  }
  SECTION("by its chunks") {
    RawClient client{fixture.address()};
    client.send(
        "POST /api/v1/builds/add HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int count = 0; count < 5; ++count) {
      client.send("100\r\n" + std::string(0x100, ' ') + "\r\n");
    }
    CHECK(client.receive().status == 413);
  }
}

TEST_CASE("headers and targets have bounds", "[web][bounds]") {
  WebFixture fixture;

  CHECK(fixture.get("/", "X-Long: " + std::string(40'000, 'x') + "\r\n").status == 431);
  CHECK(fixture.get("/?" + std::string(9'000, 'x')).status == 414);
  CHECK(fixture.get("/?" + std::string(40'000, 'x')).status == 431);
}

TEST_CASE("what is no HTTP is a 400", "[web][bounds]") {
  WebFixture fixture;
  const auto text =
      GENERATE(as<std::string>{}, "nonsense\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "GET /\r\n\r\n",
               "GET / HTTP/1.1\r\nno colon\r\n\r\n",
               "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
               "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
               "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: "
               "chunked\r\n\r\n0\r\n\r\n",
               "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: "
               "5\r\n\r\n0\r\n\r\n");
  CAPTURE(text);
  RawClient client{fixture.address()};

  client.send(text);
  const auto answer = client.receive();

  CHECK(answer.status == 400);
  error_of(answer);
  CHECK(client.is_closed_by_server());
}

TEST_CASE("slow, idle and vanished clients lose their connection", "[web][bounds]") {
  // Long enough for this test itself, which speaks in time where it speaks.
  web::Limits limits;
  limits.idle = 1s;
  limits.head = 1s;
  limits.body = 1s;
  WebFixture fixture{with_limits(limits)};
  RawClient client{fixture.address()};

  SECTION("who says nothing") {
    CHECK(client.is_closed_by_server());
  }
  SECTION("who says nothing after an answer") {
    client.send(kList);
    CHECK(client.receive().status == 200);
    CHECK(client.is_closed_by_server());
  }
  SECTION("who stops within the headers") {
    client.send("GET / HTTP/1.1\r\nHost:");
    CHECK(client.receive().status == 408);
    CHECK(client.is_closed_by_server());
  }
  SECTION("who stops within the body") {
    client.send("POST /api/v1/builds/add HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{");
    CHECK(client.receive().status == 408);
    CHECK(client.is_closed_by_server());
  }
  SECTION("who trickles headers") {
    std::jthread trickle{[&](const std::stop_token& stop) {
      RawClient slow{fixture.address()};
      slow.send("GET / HTTP/1.1\r\n");
      while (!stop.stop_requested()) {
        slow.send("A: b\r\n");
        std::this_thread::sleep_for(10ms);
      }
    }};
    CHECK(client.is_closed_by_server());  // the others are served meanwhile
  }
  CHECK(fixture.get("/api/v1/builds").status == 200);
}

TEST_CASE("a client that takes nothing of a long answer loses its connection", "[web][bounds]") {
  web::Limits limits;
  limits.write = 200ms;
  limits.stop = 10s;
  WebFixture fixture{with_limits(limits)};
  const auto id = fixture.submit_add();
  fixture.finish_next(model::RequestState::complete);
  std::string long_text;
  long_text.resize(40UL << 20U, 'x');
  fixture.write_log(id, long_text);
  RawClient client{fixture.address()};

  client.send(request_text("GET", "/api/v1/builds/1/logs"));
  std::this_thread::sleep_for(2s);  // the client's own slowness is what is tested

  CHECK(client.receive().status == 0);
}

TEST_CASE("one connection too many is told so", "[web][bounds]") {
  web::Limits limits;
  limits.connections = 2;
  WebFixture fixture{with_limits(limits)};
  RawClient first{fixture.address()};
  auto second = std::make_unique<RawClient>(fixture.address());
  first.send(kList);
  second->send(kList);
  REQUIRE(first.receive().status == 200);
  REQUIRE(second->receive().status == 200);

  RawClient third{fixture.address()};
  third.send(kList);
  const auto answer = third.receive();
  CHECK(answer.status == 503);
  CHECK_THAT(error_of(answer), Catch::Contains("connections"));
  CHECK(third.is_closed_by_server());

  SECTION("and served once there is room") {
    second.reset();
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    int status = 503;
    while (status != 200 && std::chrono::steady_clock::now() < deadline) {
      status = fixture.get("/api/v1/builds").status;
    }
    CHECK(status == 200);
  }
}

TEST_CASE("stopping closes idle connections and finishes answers", "[web][stop]") {
  WebFixture fixture;
  RawClient idle{fixture.address()};
  idle.send(kList);
  REQUIRE(idle.receive().status == 200);
  const auto address = fixture.address();

  const auto begin = std::chrono::steady_clock::now();
  fixture.server->stop();

  CHECK(std::chrono::steady_clock::now() - begin < 4s);  // less than it waits for answers
  CHECK(idle.is_closed_by_server());
  CHECK_THROWS(RawClient{address});
}

TEST_CASE("a client in the middle of a request does not hold up the stop for long", "[web][stop]") {
  web::Limits limits;
  limits.stop = 200ms;
  WebFixture fixture{with_limits(limits)};
  RawClient client{fixture.address()};
  client.send(kList + "POST /api/v1/builds/add HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{");
  REQUIRE(client.receive().status == 200);

  const auto begin = std::chrono::steady_clock::now();
  fixture.server->stop();

  CHECK(std::chrono::steady_clock::now() - begin < 4s);
}

TEST_CASE("an answer that breaks off ends its connection and gives its place back",
          "[web][bounds]") {
  WebFixture fixture;
  fixture.submit_add();
  fixture.finish_next(model::RequestState::complete);
  const UnreadableArtifacts unreadable;
  auto options = WebFixture::open_options();
  options.limits.connections = 1;
  web::Server server{options,    *fixture.store,
                     unreadable, fixture.clock,
                     {},         Log{make_null_sink(), "test", LogLevel::error}};
  server.start();
  RawClient client{server.addresses().front()};

  client.send(request_text("GET", "/api/v1/builds/1/logs"));

  CHECK(client.receive().status == 0);
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  int status = 503;
  while (status != 200 && std::chrono::steady_clock::now() < deadline) {
    status = exchange(server.addresses().front(), "GET", "/api/v1/builds").status;
  }
  CHECK(status == 200);
}

TEST_CASE("a followed log that cannot be read breaks off without its last chunk", "[web][follow]") {
  WebFixture fixture;
  fixture.submit_add();
  const UnreadableArtifacts unreadable;
  web::Server server{WebFixture::open_options(),
                     *fixture.store,
                     unreadable,
                     fixture.clock,
                     {},
                     Log{make_null_sink(), "test", LogLevel::error}};
  server.start();
  RawClient client{server.addresses().front()};

  client.send(request_text("GET", "/api/v1/builds/1/logs?follow=1"));

  CHECK(client.receive().status == 200);
  CHECK(client.receive_rest().empty());
}

TEST_CASE("many clients at once are all served", "[web][bounds]") {
  WebFixture fixture;
  std::atomic<int> created = 0;
  {
    std::vector<std::jthread> clients;
    for (int client = 0; client < 8; ++client) {
      clients.emplace_back([&] {
        RawClient connection{fixture.address()};
        for (int count = 0; count < 20; ++count) {
          connection.send(request_text("POST", "/api/v1/builds/add",
                                       R"({"binary_image": "r/o:1", "from_index": "r/i:1"})") +
                          kList);
          if (connection.receive().status == 201) ++created;
          connection.receive();
        }
      });
    }
  }

  CHECK(created == 160);
  CHECK(json_of(fixture.get("/api/v1/builds"))["meta"]["total"].GetInt() == 160);
}

TEST_CASE("a taken port stops the start and is named", "[web][bounds]") {
  WebFixture fixture;
  auto options = WebFixture::open_options();
  options.listen.front().port = static_cast<std::uint16_t>(
      std::stoi(fixture.address().substr(fixture.address().rfind(':') + 1)));
  const Log quiet{make_null_sink(), "test", LogLevel::error};
  web::Server second{
      std::move(options), *fixture.store, *fixture.artifacts, fixture.clock, {}, quiet};

  CHECK_THROWS_WITH(second.start(), Catch::Contains(fixture.address()));
}

TEST_CASE("a stale unix socket is replaced, a living one and a file are not", "[web][bounds]") {
  TempDir dir{"/tmp", "iibd-web-socket-"};
  const auto path = (dir.path() / "s").string();
  auto options = WebFixture::open_options();
  options.listen = {config::ListenAddress{.host = {}, .port = 0, .socket_path = path}};
  WebFixture fixture{options};
  const Log quiet{make_null_sink(), "test", LogLevel::error};
  web::Server second{options, *fixture.store, *fixture.artifacts, fixture.clock, {}, quiet};

  CHECK_THROWS_WITH(second.start(), Catch::Contains("another process"));
  CHECK(fixture.get("/api/v1/builds").status == 200);

  fixture.server->stop();
  web::Server third{options, *fixture.store, *fixture.artifacts, fixture.clock, {}, quiet};
  third.start();
  CHECK(exchange("unix:" + path, "GET", "/api/v1/builds").status == 200);

  write_file_atomically(dir.path() / "file", "precious");
  options.listen.front().socket_path = (dir.path() / "file").string();
  web::Server fourth{options, *fixture.store, *fixture.artifacts, fixture.clock, {}, quiet};
  CHECK_THROWS_WITH(fourth.start(), Catch::Contains("not a socket"));
  CHECK(read_file(dir.path() / "file", 100) == "precious");
}

}  // namespace iib::test
