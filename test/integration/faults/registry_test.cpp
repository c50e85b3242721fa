#include "eventually.hpp"
#include "faulty_site.hpp"
#include "index_image.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
using Kind = Fault::Kind;

constexpr int kAttempts = 4;
constexpr auto kEnd = 120s;

/// One bundle of its own repository whose tag, read through the proxy, meets a fault.
struct Case {
  std::string repository;
  Fault fault;
  int times;
  std::string state;
  /// Parts of the reason.
  std::vector<std::string> reason;
  /// How often the tag is asked for: once more than faults if that ends them.
  int asked;
};

std::vector<Case> bad_answers() {
  const auto answer = [](int status, std::string headers = {}) {
    return Fault{.kind = Kind::answer, .status = status, .headers = std::move(headers)};
  };
  constexpr int kAlways = INT_MAX;
  return {
      {"flaky", answer(500), 3, "complete", {}, 4},
      {"broken", answer(500), kAlways, "failed", {"500", "trouble is inside"}, kAttempts},
      {"unknown-user",
       answer(401, "WWW-Authenticate: Basic realm=\"r\"\r\n"),
       kAlways,
       "failed",
       {"iib_docker_config_template"},
       1},
      {"forbidden", answer(403), kAlways, "failed", {"iib_docker_config_template"}, 1},
      {"absent", answer(404), kAlways, "failed", {"check that it exists"}, 1},
      {"busy", answer(429, "Retry-After: 1\r\n"), 2, "complete", {}, 3},
      {"resetting", {.kind = Kind::reset}, 3, "complete", {}, 4},
  };
}

}  // namespace

TEST_CASE("what a registry answers decides whether it is asked again", "[faults][registry]") {
  IIBD_NEEDS_TOOLS();
  FaultySite site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  site.proxy().listen();
  const auto cases = bad_answers();
  Daemon daemon{site.state(), site.faulty_configuration(kAttempts, "iib_queues: {iib: 3}\n")};
  daemon.start();
  std::vector<std::int64_t> requests;
  for (const auto& each : cases) {
    const auto bundle = site.push_bundle_as(each.repository);
    site.proxy().add({.path = fmt::format("/v2/{}/manifests/latest", each.repository),
                      .fault = each.fault,
                      .times = each.times});
    requests.push_back(submit(daemon, "add", site.add_one(bundle)));
  }

  for (std::size_t index = 0; index < cases.size(); ++index) {
    const auto& expected = cases[index];
    CAPTURE(expected.repository);
    const auto document = daemon.wait_final(requests[index], kEnd);
    const auto reason = reason_of(document);
    CAPTURE(reason);

    CHECK(text_of(document, "state") == expected.state);
    for (const auto& part : expected.reason) CHECK_THAT(reason, Catch::Contains(part));
    if (expected.state == "failed") {
      CHECK_THAT(reason,
                 Catch::Contains(site.by_proxy(expected.repository + ":latest cannot be read")));
    }
    CHECK(site.proxy().seen("GET", expected.repository + "/manifests/latest") == expected.asked);
  }
  CHECK_THAT(daemon.log(), Catch::Contains("try 3 of 4 failed"));
}

TEST_CASE("a layer that ends halfway is fetched again, and never taken for whole",
          "[faults][registry]") {
  IIBD_NEEDS_TOOLS();
  FaultySite site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  site.proxy().listen();
  Daemon daemon{site.state(), site.faulty_configuration(2)};
  daemon.start();
  const auto once = site.push_bundle_as("cut-once");
  const auto always = site.push_bundle_as("cut-always");
  const Fault cut{.kind = Kind::cut};
  site.proxy().add({.path = "/v2/cut-once/blobs/", .fault = cut, .times = 1});
  site.proxy().add({.path = "/v2/cut-always/blobs/", .fault = cut});

  const auto mended = build(daemon, "add", site.add_one(once));
  const auto failed = build(daemon, "add", site.add_one(always));

  CAPTURE(reason_of(mended), reason_of(failed));
  CHECK(text_of(mended, "state") == "complete");
  CHECK(bundles_of(site.registry(), text_of(mended, "index_image")) ==
        std::vector<std::string>{"otter-operator.v0.1.0"});
  CHECK(text_of(failed, "state") == "failed");
  CHECK_THAT(reason_of(failed), Catch::Contains(site.by_proxy("cut-always")));
  CHECK_THAT(reason_of(failed), Catch::Contains("EOF") && Catch::Contains("can be reached"));
}

TEST_CASE("a registry that is not there is told with its name", "[faults][registry]") {
  IIBD_NEEDS_TOOLS();
  FaultySite site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.faulty_configuration(3)};
  daemon.start();

  const auto document = build(daemon, "add", site.add_one(site.push_bundle_as("refused")));

  const auto reason = reason_of(document);
  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(reason, Catch::Contains(site.by_proxy("refused:latest cannot be read")));
  CHECK_THAT(reason, Catch::Contains("connection refused"));
  CHECK_THAT(reason, Catch::Contains(site.proxy().address() + " can be reached"));
  CHECK_THAT(daemon.log(), Catch::Contains("try 2 of 3 failed"));
}

TEST_CASE("a registry that never answers costs the configured time, not for ever",
          "[faults][registry]") {
  IIBD_NEEDS_TOOLS();
  FaultySite site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  site.proxy().listen();
  site.proxy().add({.path = "/v2/silent/manifests/", .fault = {.kind = Kind::silence}});
  Daemon daemon{site.state(), site.faulty_configuration(2, "iib_skopeo_timeout: 4\n")};
  daemon.start();
  const auto begin = std::chrono::steady_clock::now();

  const auto document = build(daemon, "add", site.add_one(site.push_bundle_as("silent")));

  CHECK(std::chrono::steady_clock::now() - begin < 100s);
  const auto reason = reason_of(document);
  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(reason, Catch::Contains(site.by_proxy("silent:latest cannot be read")));
  CHECK_THAT(reason, Catch::Contains("can be reached"));
  CHECK(site.proxy().seen("GET", "silent/manifests/latest") == 2);
}

TEST_CASE("a request that takes too long fails, and the reason names the option",
          "[faults][registry]") {
  IIBD_NEEDS_TOOLS();
  FaultySite site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  site.proxy().listen();
  site.proxy().add({.path = "/v2/silent/manifests/", .fault = {.kind = Kind::silence}});
  Daemon daemon{site.state(), site.faulty_configuration(2, "iib_request_timeout: 3\n")};
  daemon.start();

  const auto document = build(daemon, "add", site.add_one(site.push_bundle_as("silent")));

  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(reason_of(document),
             Catch::Contains("the request took longer than iib_request_timeout (3 s)") &&
                 Catch::Contains("raise iib_request_timeout"));
  CHECK(std::filesystem::is_empty(site.state() / "work"));
}

TEST_CASE("a daemon is stopped while a registry keeps it waiting", "[faults][registry]") {
  IIBD_NEEDS_TOOLS();
  FaultySite site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  site.proxy().listen();
  site.proxy().add({.path = "/v2/silent/manifests/", .fault = {.kind = Kind::silence}});
  Daemon daemon{site.state(), site.faulty_configuration(2)};
  daemon.start();
  submit(daemon, "add", site.add_one(site.push_bundle_as("silent")));
  REQUIRE(eventually(60s, [&] { return site.proxy().seen("GET", "silent/manifests/") > 0; }));

  CHECK(daemon.stop(20s) == 0);
}

TEST_CASE("a push is tried again when the registry may recover, and not when it refuses",
          "[faults][registry]") {
  IIBD_NEEDS_TOOLS();
  FaultySite site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  site.proxy().listen();
  Daemon daemon{site.state(), site.faulty_configuration(3)};
  daemon.start();
  const auto bundle = site.push_bundle_as("pushed");

  SECTION("of an image") {
    site.proxy().add({.method = "PUT",
                      .path = "/v2/iib-build/manifests/1-amd64",
                      .fault = {.kind = Kind::answer, .status = 503},
                      .times = 2});
    const auto document = build(daemon, "add", site.add_one(bundle));
    CAPTURE(reason_of(document));
    CHECK(text_of(document, "state") == "complete");
    CHECK(site.proxy().seen("PUT", "/iib-build/manifests/1-amd64") == 3);
  }
  SECTION("of an image, refused") {
    site.proxy().add({.method = "POST",
                      .path = "/v2/iib-build/blobs/uploads/",
                      .fault = {.kind = Kind::answer, .status = 403}});
    const auto document = build(daemon, "add", site.add_one(bundle));
    CHECK(text_of(document, "state") == "failed");
    CHECK_THAT(reason_of(document), Catch::StartsWith("the image " + site.by_proxy("iib-build:1")));
    CHECK_THAT(reason_of(document), Catch::Contains("iib_docker_config_template"));
    CHECK_THAT(daemon.log(), !Catch::Contains("try 1 of 3"));
  }
  SECTION("of a list") {
    site.proxy().add({.method = "PUT",
                      .path = "/v2/iib-build/manifests/1 ",
                      .fault = {.kind = Kind::answer, .status = 500},
                      .times = 2});
    const auto document = build(daemon, "add", site.add_one(bundle));
    CAPTURE(reason_of(document));
    CHECK(text_of(document, "state") == "complete");
    CHECK(site.proxy().faults() == 2);
  }
  SECTION("of a list, refused") {
    site.proxy().add({.method = "PUT",
                      .path = "/v2/iib-build/manifests/1 ",
                      .fault = {.kind = Kind::answer, .status = 403}});
    const auto document = build(daemon, "add", site.add_one(bundle));
    CHECK(text_of(document, "state") == "failed");
    CHECK_THAT(reason_of(document), Catch::StartsWith("the manifest list "));
    CHECK_THAT(reason_of(document), Catch::Contains("iib_docker_config_template"));
  }
  CHECK(std::filesystem::is_empty(site.state() / "work"));
}

TEST_CASE("with a registry that fails at random every request ends, and a complete one is right",
          "[faults][registry]") {
  IIBD_NEEDS_TOOLS();
  constexpr int kRequests = 6;
  FaultySite site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  site.proxy().listen();
  const auto bundle = site.push_bundle_as("otter-operator");
  site.proxy().fail_at_random(0.05, {{.kind = Kind::answer, .status = 500},
                                     {.kind = Kind::answer, .status = 404},
                                     {.kind = Kind::answer, .status = 403},
                                     {.kind = Kind::reset},
                                     {.kind = Kind::cut}});
  Daemon daemon{site.state(), site.faulty_configuration(3, "iib_queues: {iib: 3}\n")};
  daemon.start();
  std::vector<std::int64_t> requests;
  for (int count = 0; count < kRequests; ++count) {
    requests.push_back(submit(daemon, "add", site.add_one(bundle)));
  }

  for (const auto request : requests) {
    const auto document = daemon.wait_final(request, kEnd);
    CAPTURE(request, reason_of(document));
    if (text_of(document, "state") == "complete") {
      CHECK(bundles_of(site.registry(), text_of(document, "index_image")) ==
            std::vector<std::string>{"otter-operator.v0.1.0"});
    } else {
      CHECK_THAT(reason_of(document), Catch::Contains(" cannot be "));
    }
  }
  CHECK(std::filesystem::is_empty(site.state() / "work"));
}

}  // namespace iib::test
