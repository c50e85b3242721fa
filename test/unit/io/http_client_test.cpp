#include "iib/io/http_client.hpp"

#include "http_test_server.hpp"
#include "iib/base/error.hpp"
#include "loopback.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using Cause = io::HttpFailure::Cause;
using Then = RawAnswer::Then;

io::HttpClient client_of(const HttpTestServer& server, io::HttpSettings settings = {}) {
  return {io::origin_of(io::HttpScheme::http, server.address()), std::move(settings)};
}

io::HttpRequest get(std::string target = "/") {
  io::HttpRequest request;
  request.target = std::move(target);
  return request;
}

io::HttpRequest put(std::string body) {
  io::HttpRequest request;
  request.method = "PUT";
  request.content_type = "text/x-test";
  request.body = std::move(body);
  return request;
}

/// What the call fails with.
Cause failure_of(io::HttpClient& client, const io::HttpRequest& request) {
  try {
    client.send(request, Cancellation{});
  } catch (const io::HttpFailure& failure) {
    CAPTURE(failure.what());
    return failure.cause();
  }
  throw std::runtime_error{"it did not fail"};
}

RawAnswer raw(std::string bytes, Then then = Then::close) {
  return {std::move(bytes), then};
}

}  // namespace

TEST_CASE("an answer comes with status, headers and body, over one connection", "[http]") {
  const HttpTestServer server{[](const RawRequest& request) {
    return answer(request.line() == "GET /a?b=c%2Fd" ? 200 : 404, "hello", "X-Note: one\r\n");
  }};
  auto client = client_of(server);

  const auto first = client.send(get("/a?b=c%2Fd"), Cancellation{});
  const auto second = client.send(get("/other"), Cancellation{});

  CHECK(first.status == 200);
  CHECK(first.body == "hello");
  CHECK(first.header("x-note") == "one");
  CHECK(second.status == 404);
  CHECK(server.connections() == 1);
  CHECK(server.requests().front().header("Host") == server.address());
}

TEST_CASE("a signed URL in Location arrives as the server wrote it", "[http]") {
  const std::string url = "https://s3.example/x?sig=a%2Bb%2Fc%3D%3D&d=%26";
  const HttpTestServer server{
      [&](const RawRequest&) { return answer(307, "", "Location: " + url + "\r\n"); }};

  CHECK(client_of(server).send(get(), Cancellation{}).header("location") == url);
}

TEST_CASE("each way of ending a body is understood", "[http]") {
  const auto bytes = GENERATE(
      as<std::string>{},
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\nabcde", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nabcde",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde");
  CAPTURE(bytes);
  const HttpTestServer server{[&](const RawRequest&) { return raw(bytes); }};

  const auto came = client_of(server).send(get(), Cancellation{});

  CHECK(came.status == 200);
  CHECK(came.body == "abcde");
}

TEST_CASE("an answer without a body ends at once", "[http]") {
  const HttpTestServer server{[](const RawRequest& request) {
    if (request.line() == "HEAD /")
      return raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Then::next);
    return raw("HTTP/1.1 204 No Content\r\n\r\n", Then::next);
  }};
  auto client = client_of(server);
  auto head = get();
  head.method = "HEAD";

  CHECK(client.send(head, Cancellation{}).header("Content-Length") == "9");
  CHECK(client.send(get("/none"), Cancellation{}).status == 204);
  CHECK(server.connections() == 1);
}

TEST_CASE("what ends before its time or is no HTTP is told apart", "[http]") {
  struct Case {
    std::string bytes;
    Cause cause;
  };
  const auto each =
      GENERATE(Case{"", Cause::cut}, Case{"HTTP/1.1 200 OK\r\nContent-Le", Cause::cut},
               Case{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", Cause::cut},
               Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", Cause::cut},
               Case{"SSH-2.0-OpenSSH\r\n\r\n", Cause::protocol},
               Case{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
                    Cause::protocol},
               Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
                    Cause::protocol},
               Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Cause::protocol},
               Case{"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x'), Cause::too_large});
  CAPTURE(each.bytes.substr(0, 100));
  const HttpTestServer server{[&](const RawRequest&) { return raw(each.bytes); }};
  auto client = client_of(server);

  CHECK(failure_of(client, get()) == each.cause);
}

TEST_CASE("a body beyond its limit is refused, told or not", "[http]") {
  const HttpTestServer server{[](const RawRequest& request) {
    const std::string body(2000, 'x');
    return request.line() == "GET /told" ? answer(200, body)
                                         : raw("HTTP/1.1 200 OK\r\n\r\n" + body);
  }};
  auto client = client_of(server);
  auto request = get(GENERATE("/told", "/untold"));
  request.body_limit = 1999;

  CHECK(failure_of(client, request) == Cause::too_large);

  request.body_limit = 2000;
  CHECK(client.send(request, Cancellation{}).body.size() == 2000);
}

TEST_CASE("of an error's endless body only the beginning is read", "[http]") {
  const HttpTestServer server{
      [](const RawRequest&) { return answer(500, std::string(1'000'000, 'x')); }};

  const auto came = client_of(server).send(get(), Cancellation{});

  CHECK(came.status == 500);
  CHECK(came.body.size() == 65536);
}

TEST_CASE("a kept connection that the server has closed costs no failure", "[http]") {
  std::atomic<int> count = 0;
  // Without `Connection: close` the client must find out by itself.
  const HttpTestServer server{[&](const RawRequest&) {
    auto given = answer(200, fmt::format("{}", ++count));
    given.then = Then::close;
    return given;
  }};
  auto client = client_of(server);

  for (int i = 1; i <= 20; ++i) {
    CHECK(client.send(put("x"), Cancellation{}).body == fmt::format("{}", i));
  }
}

TEST_CASE("a body comes from memory or from a source, whole", "[http]") {
  const HttpTestServer server{[](const RawRequest& request) { return answer(201, request.body); }};
  auto client = client_of(server);
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += fmt::format("{} ", i);
  auto streamed = put({});
  streamed.source_bytes = bytes.size();
  streamed.source = [&](std::uint64_t offset, std::span<char> buffer) {
    const auto count = std::min<std::size_t>({buffer.size(), bytes.size() - offset, 10'000});
    std::copy_n(bytes.data() + offset, count, buffer.data());
    return count;
  };
  streamed.body_limit = bytes.size();
  auto held = put(bytes);
  held.body_limit = bytes.size();

  CHECK(client.send(streamed, Cancellation{}).body == bytes);
  CHECK(client.send(held, Cancellation{}).body == bytes);
  CHECK(client.send(put({}), Cancellation{}).body.empty());
  CHECK(server.requests()[1].header("Content-Type") == "text/x-test");
}

TEST_CASE("a server that refuses while the body is on its way is heard", "[http]") {
  const auto then = GENERATE(Then::close, Then::silence);
  const HttpTestServer server{[&](const RawRequest&) {
                                auto given = answer(401, "no", "Connection: close\r\n");
                                given.then = then;
                                return given;
                              },
                              HttpTestServer::Reads::head_only};
  auto client = client_of(server);
  auto request = put({});
  request.source_bytes = 1ULL << 30U;
  std::uint64_t furthest = 0;
  request.source = [&](std::uint64_t offset, std::span<char> buffer) {
    furthest = offset;
    return buffer.size();
  };

  const auto came = client.send(request, Cancellation{});

  CHECK(came.status == 401);
  CHECK(came.body == "no");
  CHECK(furthest < request.source_bytes / 2);
}

TEST_CASE("a server that hangs up while the body is on its way raises no signal", "[http]") {
  const HttpTestServer server{[](const RawRequest&) { return raw(""); },
                              HttpTestServer::Reads::head_only};
  auto client = client_of(server);

  for (int i = 0; i < 20; ++i) {
    CHECK(failure_of(client, put(std::string(8'000'000, 'x'))) == Cause::cut);
  }
}

TEST_CASE("what the caller's functions throw comes out, and the client still works", "[http]") {
  const HttpTestServer server{
      [](const RawRequest&) { return answer(200, std::string(500'000, 'x')); }};
  auto client = client_of(server);
  auto by_begin = get();
  by_begin.sink.begin = [](const io::HttpAnswer&) -> bool { throw std::domain_error{"begin"}; };
  auto by_write = get();
  by_write.sink = {[](const io::HttpAnswer&) { return true; },
                   [](std::string_view) { throw std::domain_error{"write"}; }};
  auto by_source = put({});
  by_source.source_bytes = 10;
  by_source.source = [](std::uint64_t, std::span<char>) -> std::size_t {
    throw std::domain_error{"source"};
  };

  CHECK_THROWS_AS(client.send(by_begin, Cancellation{}), std::domain_error);
  CHECK_THROWS_AS(client.send(by_write, Cancellation{}), std::domain_error);
  CHECK_THROWS_AS(client.send(by_source, Cancellation{}), std::domain_error);
  auto last = get();
  last.body_limit = 500'000;
  CHECK(client.send(last, Cancellation{}).body.size() == 500'000);
}

TEST_CASE("a sink gets the body of the answers that it wants", "[http]") {
  const HttpTestServer server{[](const RawRequest& request) {
    return answer(request.line() == "GET /good" ? 200 : 403, "some body");
  }};
  auto client = client_of(server);
  std::string sunk;
  const auto ask = [&](const char* target) {
    auto request = get(target);
    request.sink = {[](const io::HttpAnswer& head) { return head.status == 200; },
                    [&](std::string_view bytes) { sunk += bytes; }};
    return client.send(request, Cancellation{});
  };

  CHECK(ask("/good").body.empty());
  CHECK(sunk == "some body");
  CHECK(ask("/bad").body == "some body");
  CHECK(sunk == "some body");
}

TEST_CASE("a silent server is left as soon as a wait says so", "[http]") {
  const auto sent =
      GENERATE(as<std::string>{}, "", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  const HttpTestServer server{[&](const RawRequest&) { return raw(sent, Then::silence); }};
  auto request = get();
  const auto begin = steady_clock::now();

  SECTION("the idle timeout") {
    auto client = client_of(server, {.idle_timeout = 100ms});
    CHECK(failure_of(client, request) == Cause::timed_out);
  }
  SECTION("the call's limit") {
    request.limit = 100ms;
    auto client = client_of(server);
    CHECK(failure_of(client, request) == Cause::timed_out);
  }
  SECTION("the deadline") {
    auto client = client_of(server);
    CHECK_THROWS_WITH(client.send(request, Cancellation{}.within(100ms)),
                      Catch::Contains("took too long"));
  }
  SECTION("a stop") {
    std::stop_source stop;
    auto client = client_of(server);
    const std::jthread stopper{[&] {
      while (server.requests().empty()) std::this_thread::yield();
      stop.request_stop();
    }};
    CHECK_THROWS_AS(client.send(request, Cancellation{stop.get_token()}), Cancelled);
  }
  CHECK(steady_clock::now() - begin < 10s);
}

TEST_CASE("an answer that does not end in time is ended by the call's limit", "[http]") {
  const HttpTestServer server{[](const RawRequest&) {
    return raw("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + std::string(8'000'000, 'x'),
               Then::silence);
  }};
  auto client = client_of(server);
  auto request = get();
  request.limit = 300ms;
  request.sink = {[](const io::HttpAnswer&) { return true; }, [](std::string_view) {}};

  CHECK(failure_of(client, request) == Cause::timed_out);
}

TEST_CASE("nobody there, and no such name, are told", "[http]") {
  const OwnPort nobody;  // kept, so that no other program takes it
  io::HttpClient client{
      io::origin_of(io::HttpScheme::http, fmt::format("127.0.0.1:{}", nobody.number())), {}};
  io::HttpClient nameless{io::origin_of(io::HttpScheme::http, "host.invalid"), {}};

  CHECK(failure_of(client, get()) == Cause::refused);
  CHECK_THROWS_WITH(client.send(get("/x?secret=1"), Cancellation{}),
                    Catch::EndsWith("/x: connection refused"));
  CHECK(failure_of(nameless, get()) == Cause::unresolved);
}

TEST_CASE("nothing that would break a request's lines is sent", "[http]") {
  const HttpTestServer server{[](const RawRequest&) { return answer(200); }};
  auto client = client_of(server);
  auto by_value = get();
  by_value.headers = {{"X-Note", "a\r\nX-Other: b"}};
  auto by_secret = get();
  by_secret.authorization = Secret{"Bearer hidden\r\n"};

  CHECK_THROWS_AS(client.send(by_value, Cancellation{}), ExternalError);
  CHECK_THROWS_AS(client.send(get("/a b"), Cancellation{}), ExternalError);
  CHECK_THROWS_WITH(client.send(by_secret, Cancellation{}), !Catch::Contains("hidden"));
  CHECK(server.requests().empty());
}

TEST_CASE("a proxy is asked for plain HTTP by URL, for TLS by CONNECT", "[http]") {
  const HttpTestServer proxy{[](const RawRequest& request) {
    return answer(request.head.starts_with("CONNECT") ? 403 : 200, "by proxy");
  }};
  const auto settings = [&] {
    io::HttpSettings result;
    result.proxy =
        io::HttpProxy{io::origin_of(io::HttpScheme::http, proxy.address()), "user", Secret{"word"}};
    return result;
  };
  io::HttpClient plain{io::origin_of(io::HttpScheme::http, "registry.invalid:5000"), settings()};
  io::HttpClient tls{io::origin_of(io::HttpScheme::https, "registry.invalid"), settings()};

  CHECK(plain.send(get("/v2/"), Cancellation{}).body == "by proxy");
  CHECK(failure_of(tls, get("/v2/")) == Cause::proxy);

  const auto seen = proxy.requests();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].line() == "GET http://registry.invalid:5000/v2/");
  CHECK(seen[0].header("Host") == "registry.invalid:5000");
  CHECK(seen[1].line() == "CONNECT registry.invalid:443");
  for (const auto& each : seen) CHECK(each.header("Proxy-Authorization") == "Basic dXNlcjp3b3Jk");
}

TEST_CASE("a plain server that is spoken to with TLS is recognised", "[http]") {
  const HttpTestServer server{[](const RawRequest&) { return answer(200); }};
  io::HttpClient client{io::origin_of(io::HttpScheme::https, server.address()), {}};

  CHECK(failure_of(client, get()) == Cause::tls);
}

}  // namespace iib::test
