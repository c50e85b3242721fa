#include "eventually.hpp"
#include "fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <thread>

// GET /events and /builds/{id}/events: changes of states as Server-Sent Events.

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kEvents = "/api/v1/events";
constexpr auto kRuns = model::RequestState::in_progress;
constexpr auto kDone = model::RequestState::complete;
constexpr auto kFailed = model::RequestState::failed;

web::Options with_limits(const web::Limits& limits) {
  auto options = WebFixture::open_options();
  options.limits = limits;
  return options;
}

/// An event as a client sees it.
struct Event {
  std::string id;
  std::string kind;
  std::string text;

  [[nodiscard]] io::JsonDocument json() const { return io::parse_json(text); }
};

/// What an EventSource makes of the lines of a block (HTML, "Server-sent events", 9.2.6).
Event parse_block(const std::string& block) {
  Event event;
  for (std::size_t at = 0; at < block.size();) {
    const auto end = block.find('\n', at);
    const auto line = block.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("id: ")) event.id = line.substr(4);
    if (line.starts_with("event: ")) event.kind = line.substr(7);
    if (line.starts_with("data: ")) event.text = line.substr(6);
  }
  return event;
}

/// A client that follows events.
class Follower {
 public:
  Follower(const WebFixture& fixture, const std::string& target, const std::string& last = "")
      : client_{fixture.address()} {
    const auto header = last.empty() ? "" : "Last-Event-ID: " + last + "\r\n";
    client_.send(request_text("GET", target, "", header));
    head = client_.receive();
  }

  /// The next block that has data; nothing at the end of the stream.
  std::optional<Event> next() {
    while (head.status == 200) {
      const auto block = next_block();
      if (!block) return std::nullopt;
      const auto event = parse_block(*block);
      if (!event.id.empty()) last_id = event.id;
      if (!event.text.empty()) return event;
    }
    return std::nullopt;
  }

  /// The next block, whatever it is: with its last line, without the empty one.
  std::optional<std::string> next_block() {
    std::size_t end = 0;
    while ((end = buffer_.find("\n\n")) == std::string::npos) {
      const auto chunk = client_.receive_chunk();
      if (!chunk || chunk->empty()) return std::nullopt;
      buffer_ += *chunk;
    }
    auto block = buffer_.substr(0, end + 1);
    buffer_.erase(0, end + 2);
    return block;
  }

  Received head;
  std::string last_id;

 private:
  RawClient client_;
  std::string buffer_;
};

std::vector<std::string> ids_of(Follower& follower, std::size_t count) {
  std::vector<std::string> ids;
  while (ids.size() < count) {
    const auto event = follower.next();
    if (!event) break;
    ids.push_back(event->id);
  }
  return ids;
}

}  // namespace

TEST_CASE("events of all requests come as they happen, from now on", "[web][events]") {
  WebFixture fixture;
  fixture.submit_add();
  Follower follower{fixture, kEvents};
  CHECK(follower.head.status == 200);
  CHECK(follower.head.headers.at("content-type") == "text/event-stream");
  CHECK(follower.head.headers.at("transfer-encoding") == "chunked");
  CHECK(follower.head.headers.at("cache-control") == "no-cache");
  CHECK(follower.next_block() == "retry: 2000\nid: 1.1\n");

  const auto id = fixture.submit_add();
  const auto begun = follower.next().value();
  const auto batch = follower.next().value();
  fixture.tell_state(id, kRuns, "a \"line\"\nand another");
  const auto went_on = follower.next().value();

  CHECK(begun.kind == "build-state");
  CHECK(begun.id == "2");
  CHECK(begun.text == R"({"id":2,"request_type":"add","batch":2,"user":null,)"
                      R"("state":"in_progress","updated":"2031-05-04T10:11:12.131415Z",)"
                      R"("state_reason":"The request was accepted and waits for a worker"})");
  CHECK(batch.kind == "batch-state");
  CHECK(batch.id == "2.1");
  CHECK(batch.text == R"({"batch":2,"user":null,"state":"in_progress",)"
                      R"("updated":"2031-05-04T10:11:12.131415Z"})");
  CHECK(went_on.id == "3");
  CHECK(went_on.json()["state_reason"].GetString() == std::string{"a \"line\"\nand another"});
}

TEST_CASE("events of one request come from its beginning to its end", "[web][events]") {
  WebFixture fixture;
  const auto id = fixture.submit_add();
  fixture.submit_add();
  fixture.tell_state(id, kRuns, "goes on");
  Follower follower{fixture, "/api/v1/builds/1/events"};
  REQUIRE(follower.head.status == 200);

  CHECK(ids_of(follower, 2) == std::vector<std::string>{"1", "3"});
  fixture.tell_state(RequestId{2}, kFailed, "another's");
  fixture.tell_state(id, kDone, "is done");

  const auto last = follower.next().value();
  CHECK(last.id == "5");
  CHECK(last.kind == "build-state");
  CHECK(last.json()["state"].GetString() == std::string{"complete"});
  CHECK_FALSE(follower.next().has_value());

  SECTION("and whoever has seen that is told not to come back") {
    const auto over =
        fixture.get("/api/v1/builds/1/events", "Last-Event-ID: " + follower.last_id + "\r\n");
    CHECK(over.status == 204);
    CHECK(over.headers.count("content-length") == 0);
    CHECK(over.headers.count("content-type") == 0);
    CHECK(over.body.empty());
  }
  SECTION("and a corrected reason comes to whoever comes back") {
    fixture.tell_state(id, kDone, "is done, really");
    Follower again{fixture, "/api/v1/builds/1/events", follower.last_id};
    CHECK(ids_of(again, 2) == std::vector<std::string>{"6"});
  }
  SECTION("and one that has ended is told whole") {
    Follower whole{fixture, "/api/v1/builds/1/events"};
    CHECK(ids_of(whole, 9) == std::vector<std::string>{"1", "3", "5"});
  }
}

TEST_CASE("whoever comes back gets what it missed, once each, wherever it was cut off",
          "[web][events]") {
  WebFixture fixture;
  const auto first = fixture.submit_add();
  const auto second = fixture.submit_add();
  fixture.tell_state(first, kRuns, "goes on");
  fixture.tell_state(second, kFailed, "no");
  fixture.tell_state(first, kDone, "is done");
  const std::vector<std::string> all{"1", "1.1", "2", "2.1", "3", "4", "4.1", "5", "5.1"};
  Follower whole{fixture, kEvents, "0"};
  REQUIRE(ids_of(whole, all.size()) == all);

  for (std::size_t seen = 0; seen < all.size(); ++seen) {
    CAPTURE(all[seen]);
    const std::vector<std::string> rest{all.begin() + static_cast<std::ptrdiff_t>(seen) + 1,
                                        all.end()};
    Follower by_header{fixture, kEvents, all[seen]};
    CHECK(ids_of(by_header, rest.size()) == rest);
    Follower by_parameter{fixture, std::string{kEvents} + "?last_event_id=" + all[seen]};
    CHECK(ids_of(by_parameter, rest.size()) == rest);
  }
  Follower by_both{fixture, std::string{kEvents} + "?last_event_id=1", "5"};
  CHECK(ids_of(by_both, 1) == std::vector<std::string>{"5.1"});
}

TEST_CASE("whoever loses a stream before its first event misses nothing", "[web][events]") {
  WebFixture fixture;
  fixture.submit_add();
  std::string last;
  {
    Follower follower{fixture, kEvents};
    last = parse_block(follower.next_block().value()).id;
  }
  fixture.tell_state(RequestId{1}, kRuns, "while nobody listened");

  Follower again{fixture, kEvents, last};

  CHECK(again.next()->id == "2");
}

TEST_CASE("events that nobody can have seen are refused", "[web][events]") {
  WebFixture fixture;
  fixture.submit_add();
  const auto target = GENERATE(as<std::string>{}, kEvents, "/api/v1/builds/1/events");
  CAPTURE(target);
  const auto text = GENERATE(as<std::string>{}, "", "x", "-1", "1.2", "1.1.1", ".1", "+1", "2",
                             "99999999999999999999");
  CAPTURE(text);

  const auto by_parameter = fixture.get(target + "?last_event_id=" + text);
  const auto by_header = fixture.get(target, "Last-Event-ID: " + text + "\r\n");

  CHECK(by_parameter.status == 400);
  CHECK_THAT(error_of(by_parameter), Catch::Contains("Last-Event-ID"));
  CHECK(by_header.status == 400);
}

TEST_CASE("which paths and methods of events there are", "[web][events]") {
  WebFixture fixture;
  fixture.submit_add();

  CHECK(fixture.get("/api/v1/builds/2/events").status == 404);
  CHECK(fixture.get("/api/v1/builds/0/events").status == 404);
  CHECK(fixture.get("/api/v1/events/").status == 404);
  const auto posted = fixture.post(kEvents, "{}");
  CHECK(posted.status == 405);
  CHECK(posted.headers.at("allow") == "GET, HEAD, OPTIONS");
  CHECK(fixture.post("/api/v1/builds/1/events", "{}").status == 405);
  const auto head = exchange(fixture.address(), "HEAD", kEvents);
  CHECK(head.status == 200);
  CHECK(head.headers.at("content-type") == "text/event-stream");
  CHECK(exchange(fixture.address(), "HEAD", "/api/v1/builds/2/events").status == 404);
  CHECK(fixture.get(kEvents, "Last-Event-ID: 1\r\nLast-Event-ID: 1\r\n").status == 400);
}

TEST_CASE("a client that knows no chunks gets events until the connection ends", "[web][events]") {
  WebFixture fixture;
  fixture.submit_add();
  fixture.finish_next(kFailed);
  RawClient client{fixture.address()};

  client.send("GET /api/v1/builds/1/events HTTP/1.0\r\n\r\n");

  CHECK(client.receive().headers.count("transfer-encoding") == 0);
  CHECK_THAT(client.receive_rest(), Catch::Contains("id: 2\nevent: build-state\n"));
}

TEST_CASE("a quiet stream is kept alive by comments, a log or another's events notwithstanding",
          "[web][events]") {
  web::Limits limits;
  limits.keep_alive = 30ms;
  WebFixture fixture{with_limits(limits)};
  fixture.submit_add();
  const auto target = GENERATE(as<std::string>{}, kEvents, "/api/v1/builds/1/events");
  Follower follower{fixture, target, "1.1"};
  REQUIRE(follower.head.status == 200);

  CHECK(follower.next_block() == "retry: 2000\n");
  CHECK(follower.next_block() == ":\n");
  CHECK(follower.next_block() == ":\n");
  fixture.tell_state(RequestId{1}, kRuns, "goes on");
  CHECK(follower.next()->id == "2");
}

TEST_CASE("events come at once, not at the next look", "[web][events]") {
  web::Limits limits;
  limits.keep_alive = std::chrono::hours{1};
  WebFixture fixture{with_limits(limits)};
  Follower follower{fixture, kEvents};
  REQUIRE(follower.next_block().has_value());

  for (int count = 0; count < 5; ++count) {
    const auto begin = std::chrono::steady_clock::now();
    fixture.submit_add();
    REQUIRE(follower.next().has_value());
    REQUIRE(follower.next().has_value());
    CHECK(std::chrono::steady_clock::now() - begin < 20s);
  }
}

TEST_CASE("a stream of events does not last for ever, and goes on elsewhere", "[web][events]") {
  web::Limits limits;
  limits.follow = 500ms;
  limits.keep_alive = 50ms;
  WebFixture fixture{with_limits(limits)};
  fixture.submit_add();
  Follower follower{fixture, kEvents, "0"};

  while (follower.next()) {
  }

  CHECK(follower.last_id == "1.1");
  fixture.tell_state(RequestId{1}, kRuns, "goes on");
  Follower again{fixture, kEvents, follower.last_id};
  CHECK(again.next()->id == "2");
}

TEST_CASE("stopping ends streams of events in order", "[web][events][stop]") {
  WebFixture fixture;
  fixture.submit_add();
  Follower all{fixture, kEvents, "0"};
  Follower one{fixture, "/api/v1/builds/1/events"};
  REQUIRE(all.next()->id == "1");
  const auto begin = std::chrono::steady_clock::now();

  fixture.server->stop();

  CHECK(std::chrono::steady_clock::now() - begin < 4s);
  CHECK(all.next()->id == "1.1");
  CHECK_FALSE(all.next().has_value());
  CHECK(one.next()->id == "1");
  CHECK_FALSE(one.next().has_value());
}

TEST_CASE("those who follow events and those who follow logs share their places", "[web][events]") {
  web::Limits limits;
  limits.followers = 2;
  WebFixture fixture{with_limits(limits)};
  fixture.submit_add();
  Follower one{fixture, kEvents};
  auto two = std::make_unique<Follower>(fixture, "/api/v1/builds/1/logs?follow=1");
  REQUIRE(two->head.status == 200);

  const auto refused = fixture.get(kEvents);
  CHECK(refused.status == 503);
  CHECK_THAT(error_of(refused), Catch::Contains("nothing is lost"));

  two.reset();
  CHECK(eventually(30s, [&] { return Follower{fixture, kEvents}.head.status == 200; }));
}

TEST_CASE("a reader that takes nothing costs no other an event, and is cut off", "[web][events]") {
  web::Limits limits;
  limits.write = 300ms;
  limits.followers = 22;
  limits.followers_of_one = 22;
  WebFixture fixture{with_limits(limits)};
  const auto id = fixture.submit_add();
  const std::string long_reason(500'000, 'x');  // more than sockets keep
  constexpr int kStates = 30;
  constexpr int kMore = 20;
  for (int count = 0; count < kStates; ++count) {
    fixture.tell_state(id, kRuns, std::to_string(count) + long_reason);
  }
  RawClient slow{fixture.address()};
  slow.send(request_text("GET", std::string{kEvents} + "?last_event_id=0"));  // and reads nothing
  std::atomic<int> whole = 0;
  {
    std::vector<std::jthread> readers;
    for (int count = 0; count < 20; ++count) {
      readers.emplace_back([&] {
        Follower reader{fixture, kEvents, std::to_string(kStates)};
        int last = kStates;
        while (last < 1 + kStates + kMore) {
          const auto event = reader.next();
          if (!event || event->id != std::to_string(last + 1)) return;
          ++last;
        }
        ++whole;
      });
    }
    for (int count = 0; count < kMore; ++count)
      fixture.tell_state(id, kRuns, std::to_string(count));
  }

  CHECK(whole == 20);
  std::vector<std::unique_ptr<Follower>> all;  // the slow one's place is free, too
  CHECK(eventually(30s, [&] {
    auto next = std::make_unique<Follower>(fixture, kEvents);
    if (next->head.status == 200) all.push_back(std::move(next));
    return all.size() == 22;
  }));
}

TEST_CASE("submissions and streams at the same time: each sees each event once, in order",
          "[web][events][threads]") {
  web::Limits limits;  // a place is free only once the server has noticed
  limits.followers = 1000;
  limits.followers_of_one = 1000;
  WebFixture fixture{with_limits(limits)};
  constexpr int kRequests = 60;
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int reader = 0; reader < 4; ++reader) {
      threads.emplace_back([&, reader] {
        std::vector<std::string> ids;
        std::string last = "0";
        while (ids.size() < 2UL * kRequests) {  // each comes back after a few events
          Follower follower{fixture, kEvents, last};
          for (int count = 0; count <= reader * 7 && ids.size() < 2UL * kRequests; ++count) {
            const auto event = follower.next();
            if (!event) return;
            ids.push_back(event->id);
            last = event->id;
          }
        }
        std::vector<std::string> expected;
        for (int count = 1; count <= kRequests; ++count) {
          expected.push_back(std::to_string(count));
          expected.push_back(std::to_string(count) + ".1");
        }
        if (ids == expected) ++right;
      });
    }
    for (int count = 0; count < kRequests; ++count) fixture.submit_add();
  }
  CHECK(right == 4);
}

}  // namespace iib::test
