#include "client_site.hpp"
#include "eventually.hpp"
#include "http_test_server.hpp"
#include "iib/base/error.hpp"
#include "skip.hpp"
#include "variable.hpp"

#include <catch2/catch.hpp>
#include <climits>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <future>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using Kind = Fault::Kind;

constexpr auto kImageType = "application/vnd.docker.distribution.manifest.v2+json";

TestImage small_image() {
  return {.layers = {{{.path = "etc/name", .content = "x"}}}, .labels = {}};
}

/// The text of what it throws.
template <class Exception, class Use>
std::string failure(Use&& use) {
  try {
    use();
  } catch (const Exception& error) {
    return error.what();
  }
  throw std::runtime_error{"it did not fail"};
}

/// A registry that never answers about the image `ns/op:v1`.
struct SilentSite {
  explicit SilentSite(std::chrono::seconds call_limit)
      : site{image::RegistryOptions{.call_limit = call_limit}} {
    site.registry().push("ns/op", "v1", small_image());
    site.proxy().add({.path = "/manifests/v1", .fault = {.kind = Kind::silence}});
  }
  void ask(const Cancellation& cancellation) {
    static_cast<void>(site.client().manifest(site.by_proxy("ns/op:v1"), site.access(cancellation)));
  }
  [[nodiscard]] int asked() { return site.proxy().seen("GET", "/manifests/v1"); }

  ClientSite site;
};

/// Has a client of its own read the manifest of `image`.
void ask(const image::RegistryOptions& options, const std::string& image) {
  const Log log{make_null_sink(), "image", LogLevel::error};
  image::RegistryClient client{options, log};
  const image::Access access{.auth_file = {}, .work_directory = {}, .log = log, .cancellation = {}};
  static_cast<void>(client.manifest(model::ImageReference::parse(image), access));
}

}  // namespace

TEST_CASE("a manifest comes by tag and by digest, as it is", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  const auto digest = site.registry().push("ns/op", "v1", small_image());

  const auto by_tag = site.client().manifest(site.straight("ns/op:v1"), site.access());
  const auto by_digest = site.client().manifest(site.straight("ns/op@" + digest), site.access());

  CHECK(by_tag.media_type == kImageType);
  CHECK(model::Digest::of(by_tag.bytes).text() == digest);
  CHECK(by_digest.bytes == by_tag.bytes);
}

TEST_CASE("the certificates of Docker Hub lie below the name that pull specifications have",
          "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  const TempDir certificates{std::filesystem::temp_directory_path()};
  std::filesystem::create_directory(certificates.path() / "docker.io");
  write_file_atomically(certificates.path() / "docker.io" / "lonely.key", "no key");
  ClientSite site{{.certs_directory = certificates.path()}};
  const auto image = model::ImageReference::parse("docker.io/library/heron:1");

  // A folder that is no use is told of before anybody is connected to.
  CHECK_THROWS_WITH(site.client().manifest(image, site.access()),
                    Catch::Contains("docker.io/lonely.key cannot be used"));
}

TEST_CASE("what a registry answers decides whether and how it is asked again",
          "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  site.registry().push("ns/op", "v1", small_image());
  struct Case {
    Fault fault;
    int times;
    int asked;
    std::vector<std::string> reason;  ///< Empty: it succeeds in the end.
  };
  const auto status = [](int code, std::string headers = {}) {
    return Fault{.kind = Kind::answer, .status = code, .headers = std::move(headers)};
  };
  const auto each =
      GENERATE_COPY(Case{status(500), 2, 3, {}}, Case{status(502), 2, 3, {}},
                    Case{status(503), 2, 3, {}}, Case{status(429), 2, 3, {}},
                    Case{{.kind = Kind::reset}, 2, 3, {}}, Case{{.kind = Kind::cut}, 2, 3, {}},
                    Case{status(500), INT_MAX, 3, {"answered 500", "the trouble is inside"}},
                    Case{status(429), INT_MAX, 3, {"answered 429", "the trouble is inside"}},
                    Case{{.kind = Kind::cut}, INT_MAX, 3, {"unexpected EOF", "can be reached"}},
                    Case{{.kind = Kind::reset}, INT_MAX, 3, {"can be reached"}},
                    Case{status(403), INT_MAX, 1, {"answered 403", "iib_docker_config_template"}},
                    Case{status(400), INT_MAX, 1, {"answered 400"}});
  CAPTURE(each.fault.status, each.times);
  site.proxy().add({.path = "/v2/ns/op/manifests/v1", .fault = each.fault, .times = each.times});
  const auto image = site.by_proxy("ns/op:v1");

  if (each.reason.empty()) {
    CHECK_FALSE(site.client().manifest(image, site.access()).bytes.empty());
  } else {
    const auto reason = failure<ExternalError>(
        [&] { static_cast<void>(site.client().manifest(image, site.access())); });
    CHECK_THAT(reason, Catch::StartsWith(image.text() + " cannot be read: "));
    for (const auto& part : each.reason) CHECK_THAT(reason, Catch::Contains(part));
  }
  CHECK(site.proxy().seen("GET", "/manifests/v1") == each.asked);
}

TEST_CASE("an image that is not there is the user's mistake", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;

  const auto reason = failure<UserError>([&] {
    static_cast<void>(site.client().manifest(site.straight("ns/none:v1"), site.access()));
  });

  CHECK_THAT(reason, Catch::Contains("ns/none:v1 cannot be read: GET http://"));
  CHECK_THAT(reason, Catch::Contains("404: MANIFEST_UNKNOWN: manifest unknown"));
  CHECK_THAT(reason, Catch::EndsWith("check that it exists and is spelled right"));
}

TEST_CASE("Retry-After is honoured, in seconds, up to the cap", "[registry][client]") {
  const auto [told, cap] = GENERATE(table<std::string, std::chrono::seconds>({
      {"1", 5s},
      {"3600", 1s},
      {"Fri, 31 Dec 9999 23:59:59 GMT", 1s},
  }));
  CAPTURE(told);
  const auto later = answer(429, "", "Retry-After: " + told + "\r\n");
  const HttpTestServer server{[later, asked = 0](const RawRequest&) mutable {
    return ++asked == 1 ? later : answer(200, "{}");
  }};
  auto options = quick_options({server.address()});
  options.retries.cap = cap;
  const auto begin = steady_clock::now();

  ask(options, server.address() + "/ns/op:v1");

  const auto waited = steady_clock::now() - begin;
  CHECK(waited >= 1s);
  CHECK(waited < 60s);  // a machine may be slow, but not for an hour
}

TEST_CASE("Retry-After is honoured as a date", "[registry][client]") {
  std::atomic<std::time_t> date = 0;
  std::atomic<std::time_t> came = 0;
  const HttpTestServer server{[&](const RawRequest&) {
    if (date != 0) {
      came = std::time(nullptr);
      return answer(200, "{}");
    }
    date = std::time(nullptr) + 2;
    return answer(
        429, "",
        fmt::format("Retry-After: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(date.load())));
  }};

  ask(quick_options({server.address()}), server.address() + "/ns/op:v1");

  CHECK(came.load() >= date.load());
}

TEST_CASE("a registry is reached by way of the proxy that the environment names",
          "[registry][client]") {
  // Whether TLS is told to be impossible by the proxy, or there is no way to try it.
  const bool for_tls = GENERATE(true, false);
  CAPTURE(for_tls);
  const HttpTestServer proxy{[](const RawRequest& request) {
    return request.head.starts_with("CONNECT") ? answer(403) : answer(200, "{}");
  }};
  const auto url = "http://" + proxy.address();
  const Proxies proxies{url, for_tls ? std::optional{url} : std::nullopt};

  ask(quick_options({"registry.invalid:5000"}), "registry.invalid:5000/ns/op:v1");

  const auto requests = proxy.requests();
  REQUIRE(requests.size() == (for_tls ? 2 : 1));
  CHECK(requests.back().line() == "GET http://registry.invalid:5000/v2/ns/op/manifests/v1");
  if (for_tls) CHECK(requests.front().line() == "CONNECT registry.invalid:5000");
}

TEST_CASE("a manifest that is not the one asked for is never taken", "[registry][client]") {
  const auto body = std::string{"{\"schemaVersion\":2}"};
  const auto digest = model::Digest::of(body).text();
  const auto told = GENERATE(as<std::string>{}, "", "sha256:" + std::string(64, 'a'));
  const HttpTestServer server{[&](const RawRequest&) {
    return answer(200, body, told.empty() ? "" : "Docker-Content-Digest: " + told + "\r\n");
  }};
  image::RegistryClient client{quick_options({server.address()}),
                               Log{make_null_sink(), "image", LogLevel::error}};
  const image::Access access{.auth_file = {},
                             .work_directory = {},
                             .log = Log{make_null_sink(), "image", LogLevel::error},
                             .cancellation = {}};
  const auto image = [&](const std::string& name) {
    return model::ImageReference::parse(server.address() + name);
  };

  CHECK_THROWS_WITH(client.manifest(image("/ns/op@sha256:" + std::string(64, 'b')), access),
                    Catch::Contains("instead of sha256:bbbb"));
  CHECK(client.manifest(image("/ns/op@" + digest), access).bytes == body);
  if (!told.empty()) {
    CHECK_THROWS_WITH(client.manifest(image("/ns/op:v1"), access),
                      Catch::Contains("instead of sha256:aaaa"));
  }
}

TEST_CASE("a manifest of more than 16 MiB is refused at once", "[registry][client]") {
  const HttpTestServer server{[](const RawRequest&) {
    return RawAnswer{"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n{",
                     RawAnswer::Then::silence};
  }};
  image::RegistryClient client{quick_options({server.address()}),
                               Log{make_null_sink(), "image", LogLevel::error}};
  const image::Access access{.auth_file = {},
                             .work_directory = {},
                             .log = Log{make_null_sink(), "image", LogLevel::error},
                             .cancellation = {}};

  CHECK_THROWS_WITH(
      client.manifest(model::ImageReference::parse(server.address() + "/ns/op:v1"), access),
      Catch::Contains("longer than 16777216 bytes"));
}

TEST_CASE("a silent registry is left as soon as the request says so", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();

  SECTION("a stop") {
    SilentSite silent{60s};
    const auto begin = steady_clock::now();
    std::stop_source stop;
    const std::jthread stopper{[&] {
      while (silent.asked() == 0) std::this_thread::yield();
      stop.request_stop();
    }};
    CHECK_THROWS_AS(silent.ask(Cancellation{stop.get_token()}), Cancelled);
    CHECK(steady_clock::now() - begin < 30s);
  }
  SECTION("a deadline") {
    SilentSite silent{60s};
    const auto begin = steady_clock::now();
    CHECK_THROWS_WITH(silent.ask(Cancellation{}.within(200ms)), Catch::Contains("took too long"));
    CHECK(steady_clock::now() - begin < 30s);
  }
  SECTION("the limit of a call, each time") {
    SilentSite silent{2s};
    CHECK_THAT(failure<ExternalError>([&] { silent.ask({}); }), Catch::Contains("can be reached"));
    CHECK(silent.asked() == 3);
  }
}

TEST_CASE("connections are kept, and no more are open than allowed", "[registry][client]") {
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  std::atomic<bool> crowded = false;
  const HttpTestServer server{[&](const RawRequest&) {
    const int now = ++at_once;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    // Until all have come that may; then long enough for others to come, were they let.
    if (crowded && !eventually(30s, [&] { return most >= 3; })) crowded = false;
    std::this_thread::sleep_for(5ms);
    --at_once;
    return answer(200, "{}");
  }};
  image::RegistryClient client{quick_options({server.address()}, {.transfers = 3}),
                               Log{make_null_sink(), "image", LogLevel::error}};
  const image::Access access{.auth_file = {},
                             .work_directory = {},
                             .log = Log{make_null_sink(), "image", LogLevel::error},
                             .cancellation = {}};
  const auto image = model::ImageReference::parse(server.address() + "/ns/op:v1");
  // The first finds out that there is no TLS here; that costs connections of its own.
  static_cast<void>(client.manifest(image, access));
  const int before = server.connections();
  crowded = true;

  std::vector<std::jthread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 5; ++j) static_cast<void>(client.manifest(image, access));
    });
  }
  threads.clear();

  CHECK(most == 3);
  CHECK(server.connections() - before <= 3);
}

TEST_CASE("a registry that does not answer holds up no other", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site{image::RegistryOptions{.transfers = 1}};
  site.registry().push("ns/op", "v1", small_image());
  site.proxy().add({.path = "/manifests/", .fault = {.kind = Kind::silence}});
  std::stop_source stop;
  auto waiting = std::async(std::launch::async, [&] {
    return site.client().manifest(site.by_proxy("ns/op:v1"),
                                  site.access(Cancellation{stop.get_token()}));
  });
  CHECK(eventually(60s, [&] { return site.proxy().seen("GET", "/manifests/v1") > 0; }));

  CHECK_NOTHROW(site.client().manifest(site.straight("ns/op:v1"), site.access()));

  stop.request_stop();
  CHECK_THROWS_AS(waiting.get(), Cancelled);
}

}  // namespace iib::test
