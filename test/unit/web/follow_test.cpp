#include "eventually.hpp"
#include "fixture.hpp"
#include "iib/base/log_file.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

// GET /builds/{id}/logs?follow=1: the lines of a running request as they come.

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kFollow = "/api/v1/builds/1/logs?follow=1";
const std::string kAsk = request_text("GET", kFollow);

web::Options with_limits(const web::Limits& limits) {
  auto options = WebFixture::open_options();
  options.limits = limits;
  return options;
}

/// Reads chunks until they hold `text`; gives what came.
std::string read_until(RawClient& client, const std::string& text) {
  std::string got;
  while (got.find(text) == std::string::npos) {
    const auto chunk = client.receive_chunk();
    if (!chunk || chunk->empty()) break;
    got += *chunk;
  }
  return got;
}

}  // namespace

TEST_CASE("a followed log is sent as it grows, until the request ends", "[web][follow]") {
  WebFixture fixture;
  const auto id = fixture.submit_add();
  RawClient client{fixture.address()};

  client.send(kAsk);
  const auto head = client.receive();
  CHECK(head.status == 200);
  CHECK(head.headers.at("content-type") == "text/plain; charset=utf-8");
  CHECK(head.headers.at("transfer-encoding") == "chunked");
  CHECK(head.headers.count("content-length") == 0);

  fixture.append_log(id, "one\n");
  CHECK(read_until(client, "one\n") == "one\n");
  fixture.append_log(id, "two\n");
  CHECK(read_until(client, "two\n") == "two\n");
  fixture.append_log(id, "the end\n");
  fixture.finish_next(model::RequestState::complete);
  CHECK(client.receive_chunks() == "the end\n");

  client.send(kAsk);  // the connection serves on, and the log has its end now
  const auto whole = client.receive();
  CHECK(whole.headers.at("content-length") == "16");
  CHECK(whole.body == "one\ntwo\nthe end\n");
}

TEST_CASE("a followed log may begin with its last lines", "[web][follow]") {
  WebFixture fixture;
  const auto id = fixture.submit_add();
  fixture.write_log(id, "one\ntwo\nthree\n");
  RawClient client{fixture.address()};

  client.send(request_text("GET", std::string{kFollow} + "&tail=1"));
  REQUIRE(client.receive().status == 200);
  CHECK(read_until(client, "three\n") == "three\n");

  fixture.append_log(id, "four\n");
  CHECK(read_until(client, "four\n") == "four\n");
}

TEST_CASE("a followed log that loses its middle is sent whole, and then shown without it",
          "[web][follow]") {
  WebFixture fixture;
  const auto id = fixture.submit_add();
  const auto file = fixture.dir.path() / fmt::format("logs/{}.log", id.value());
  const Log log{make_bounded_file_sink(file.string(), kLeastLogBytes, nullptr), "task",
                LogLevel::info};
  RawClient client{fixture.address()};
  client.send(kAsk);
  REQUIRE(client.receive().status == 200);

  std::string got;
  for (int round = 0; round < 20; ++round) {
    for (int line = 0; line < 200; ++line) log.info("line {}.{}", round, line);
    got += read_until(client, fmt::format("line {}.199\n", round));
  }
  fixture.finish_next(model::RequestState::complete);
  got += client.receive_chunks().value_or("");
  for (int round = 0; round < 20; ++round) {
    for (int line = 0; line < 200; ++line) {
      const auto at = got.find(fmt::format(" line {}.{}\n", round, line));
      REQUIRE(at != std::string::npos);
      got.erase(0, at + 1);
    }
  }

  const auto whole = fixture.get("/api/v1/builds/1/logs");
  CHECK(whole.body.size() <= kLeastLogBytes);
  CHECK_THAT(whole.body, Catch::Contains(" lines of ") && Catch::EndsWith("line 19.199\n"));
  const auto at = whole.body.find("[... ");
  const auto part =
      fixture.get("/api/v1/builds/1/logs", fmt::format("Range: bytes={}-{}\r\n", at - 10, at + 99));
  CHECK(part.status == 206);
  CHECK(part.body == whole.body.substr(at - 10, 110));
}

TEST_CASE("a client that knows no chunks sees the end of the log by that of the connection",
          "[web][follow]") {
  WebFixture fixture;
  const auto id = fixture.submit_add();
  fixture.write_log(id, "one\n");
  RawClient client{fixture.address()};

  client.send(std::string{"GET "} + kFollow + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto head = client.receive();
  CHECK(head.headers.count("transfer-encoding") == 0);
  CHECK(head.headers.at("connection") == "close");
  fixture.append_log(id, "two\n");
  fixture.finish_next(model::RequestState::failed);

  CHECK(client.receive_rest() == "one\ntwo\n");
}

TEST_CASE("HEAD of a followed log ends at once", "[web][follow]") {
  WebFixture fixture;
  fixture.submit_add();

  const auto answer = exchange(fixture.address(), "HEAD", kFollow);

  CHECK(answer.status == 200);
  CHECK(answer.headers.at("transfer-encoding") == "chunked");
}

TEST_CASE("stopping ends a followed log in order, with all that there was", "[web][follow][stop]") {
  WebFixture fixture;
  const auto id = fixture.submit_add();
  RawClient client{fixture.address()};
  client.send(kAsk);
  REQUIRE(client.receive().status == 200);
  fixture.append_log(id, "a line\n");
  const auto begin = std::chrono::steady_clock::now();

  fixture.server->stop();

  CHECK(std::chrono::steady_clock::now() - begin < 4s);
  CHECK(client.receive_chunks() == "a line\n");
  CHECK(client.is_closed_by_server());
}

TEST_CASE("followers are bounded, and leave their place when they go", "[web][follow]") {
  web::Limits limits;
  limits.followers = 3;
  limits.followers_of_one = 2;
  WebFixture fixture{with_limits(limits)};
  fixture.submit_add();
  const auto status_of_next = [&] {
    RawClient next{fixture.address()};
    next.send(kAsk);
    return next.receive().status;
  };
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int count = 0; count < 2; ++count) {
    clients.push_back(std::make_unique<RawClient>(fixture.address()));
    clients.back()->send(kAsk);
    REQUIRE(clients.back()->receive().status == 200);
  }

  const auto refused = fixture.get(kFollow);
  CHECK(refused.status == 503);
  CHECK_THAT(error_of(refused), Catch::Contains("tail=N"));
  CHECK(fixture.get("/api/v1/builds/1/logs?tail=5").status == 200);

  SECTION("by closing the connection") {
    clients.pop_back();
    CHECK(eventually(30s, [&] { return status_of_next() == 200; }));
  }
  SECTION("by the end of the request") {
    fixture.finish_next(model::RequestState::failed);
    CHECK(clients.front()->receive_chunks() == "");
    fixture.submit_add();
    CHECK(eventually(30s, [&] {
      RawClient next{fixture.address()};
      next.send(request_text("GET", "/api/v1/builds/2/logs?follow=1"));
      return next.receive().status == 200;
    }));
  }
}

TEST_CASE("those behind a front-end share the places of all", "[web][follow]") {
  web::Limits limits;
  limits.followers = 3;
  limits.followers_of_one = 1;
  auto options = with_limits(limits);
  options.trusted_proxies.networks.push_back(*config::Network::parse("127.0.0.1"));
  WebFixture fixture{options};
  fixture.submit_add();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int count = 0; count < 3; ++count) {
    clients.push_back(std::make_unique<RawClient>(fixture.address()));
    clients.back()->send(kAsk);
    CHECK(clients.back()->receive().status == 200);
  }

  CHECK(fixture.get(kFollow).status == 503);
}

TEST_CASE("a follower that takes nothing loses its connection, and the others none of their lines",
          "[web][follow]") {
  web::Limits limits;
  limits.write = 200ms;
  limits.followers = 2;
  WebFixture fixture{with_limits(limits)};
  const auto id = fixture.submit_add();
  std::string text;
  text.resize(40UL << 20U, 'x');
  fixture.write_log(id, text);
  RawClient slow{fixture.address()};
  slow.send(kAsk);  // and reads nothing
  RawClient quick{fixture.address()};
  quick.send(request_text("GET", std::string{kFollow} + "&tail=0"));
  REQUIRE(quick.receive().status == 200);

  fixture.append_log(id, "a line\n");
  CHECK(read_until(quick, "a line\n") == "a line\n");

  RawClient third{fixture.address()};
  CHECK(eventually(30s, [&] {
    third.send(request_text("HEAD", kFollow));
    return third.receive(true).status == 200;  // the slow one's place is free
  }));
}

TEST_CASE("a log is not followed for ever", "[web][follow]") {
  web::Limits limits;
  limits.follow = 50ms;
  WebFixture fixture{with_limits(limits)};
  fixture.write_log(fixture.submit_add(), "a line\n");
  RawClient client{fixture.address()};

  client.send(kAsk);

  REQUIRE(client.receive().status == 200);
  CHECK(client.receive_chunks() == "a line\n");
}

}  // namespace iib::test
