#include "fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <thread>

namespace iib::test {
namespace {

constexpr auto kBuilder = "X-Remote-User: builder@REALM\r\n";
constexpr auto kOther = "X-Remote-User: other@REALM\r\n";
constexpr auto kWorker = "X-Remote-User: worker@REALM\r\n";
constexpr auto kPrivileged = "X-Remote-User: boss@REALM\r\n";
constexpr auto kNobody = "";
constexpr auto kFail = R"({"state": "failed", "state_reason": "no"})";

web::Options with_users(bool login_disabled = false) {
  auto options = WebFixture::open_options();
  options.login_disabled = login_disabled;
  options.trusted_proxies.networks = {*config::Network::parse("127.0.0.1")};
  options.workers = {"worker@REALM"};
  options.submission.privileged_users = {"boss@REALM"};
  return options;
}

std::string path_of(RequestId id, const std::string& more = "") {
  return fmt::format("/api/v1/builds/{}{}", id.value(), more);
}

Received patch(const WebFixture& fixture, const std::string& path, const std::string& body,
               const std::string& headers = "") {
  return exchange(fixture.address(), "PATCH", path, body, headers);
}

Received cancel(const WebFixture& fixture, RequestId id, const std::string& headers = "") {
  return exchange(fixture.address(), "POST", path_of(id, "/cancel"), "", headers);
}

std::vector<RequestId> ended(WebFixture& fixture) {
  return fixture.ended.with([](const auto& ids) { return ids; });
}

}  // namespace

TEST_CASE("a worker's patch answers with the changed document", "[web][patch]") {
  WebFixture fixture{with_users()};
  const auto id = fixture.submit_add("", kBuilder);

  const auto answer =
      patch(fixture, path_of(id),
            R"({"state": "in_progress", "state_reason": "building", "arches": ["s390x", "amd64"]})",
            kWorker);

  REQUIRE(answer.status == 200);
  const auto json = json_of(answer);
  CHECK(json["state_reason"] == "building");
  CHECK(json["arches"].Size() == 2);
  CHECK(json["arches"][0] == "amd64");
  CHECK(json["state_history"].Size() == 2);
  CHECK(answer.body == fixture.get(path_of(id)).body);
  CHECK(ended(fixture).empty());
}

TEST_CASE("only workers may patch", "[web][patch]") {
  WebFixture fixture{with_users()};
  const auto id = fixture.submit_add("", kBuilder);

  CHECK(patch(fixture, path_of(id), kFail, kNobody).status == 401);
  CHECK(patch(fixture, path_of(id), kFail, kBuilder).status == 403);
  CHECK(patch(fixture, path_of(id), kFail, kPrivileged).status == 403);
  CHECK(patch(fixture, path_of(id), kFail, "X-Remote-User: Worker@REALM\r\n").status == 403);
  CHECK(patch(fixture, path_of(id), kFail, kWorker).status == 200);
}

TEST_CASE("with login disabled anonymous callers may patch, known ones are judged",
          "[web][patch]") {
  WebFixture fixture{with_users(true)};
  const auto id = fixture.submit_add();

  CHECK(patch(fixture, path_of(id), kFail, kBuilder).status == 403);
  CHECK(patch(fixture, path_of(id), kFail, kNobody).status == 200);
}

TEST_CASE("the checks of a patch come in their order", "[web][patch]") {
  WebFixture fixture{with_users()};
  const auto id = fixture.submit_add("", kBuilder);
  const std::string unknown = "/api/v1/builds/999";

  CHECK(patch(fixture, "/api/v1/builds/x", "{", kNobody).status == 404);
  CHECK(patch(fixture, unknown, "{", kNobody).status == 401);
  CHECK(patch(fixture, unknown, "{", kBuilder).status == 403);
  CHECK(patch(fixture, unknown, "{", kWorker).status == 400);
  CHECK(patch(fixture, unknown, "[]", kWorker).status == 400);
  CHECK(patch(fixture, unknown, "{}", kWorker).status == 400);
  CHECK(patch(fixture, unknown, R"({"nothing": 1})", kWorker).status == 404);
  CHECK(patch(fixture, path_of(id), R"({"nothing": 1, "arches": 5})", kWorker).status == 400);
  CHECK(exchange(fixture.address(), "PATCH", path_of(id), "",
                 std::string{kWorker} + "Content-Length: 0\r\n")
            .status == 400);
}

TEST_CASE("a patch that breaks one rule stores nothing", "[web][patch]") {
  WebFixture fixture{with_users()};
  const auto id = fixture.submit_add("", kBuilder);
  const auto before = fixture.get(path_of(id)).body;

  const auto body = GENERATE(
      R"({"state": "failed", "state_reason": "x", "arches": ["amd64"], "index_image": "no-tag"})",
      R"({"arches": ["amd64"], "state": "failed"})",
      R"({"arches": ["amd64"], "removed_operators": ["x"]})",
      R"({"bundle_mapping": {"otter": ["r/b:1"]}, "distribution_scope": "moon"})");

  CHECK(patch(fixture, path_of(id), body, kWorker).status == 400);
  CHECK(fixture.get(path_of(id)).body == before);
}

TEST_CASE("a patch that ends a request tells whoever runs its job, once", "[web][patch]") {
  WebFixture fixture{with_users()};
  const auto id = fixture.submit_add("", kBuilder);

  CHECK(patch(fixture, path_of(id), kFail, kWorker).status == 200);
  CHECK(ended(fixture) == std::vector<RequestId>{id});
  CHECK(patch(fixture, path_of(id), R"({"state": "failed", "state_reason": "better"})", kWorker)
            .status == 200);
  CHECK(ended(fixture).size() == 1);

  const auto answer =
      patch(fixture, path_of(id), R"({"state": "complete", "state_reason": "after all"})", kWorker);
  CHECK(answer.status == 400);
  CHECK_THAT(error_of(answer), Catch::Contains("is failed and keeps that state"));
}

TEST_CASE("a bundle's operator shows in every document that has the bundle", "[web][patch]") {
  WebFixture fixture{with_users()};
  const auto first = fixture.submit_add("", kBuilder);
  const auto second = fixture.submit_add("", kBuilder);

  patch(fixture, path_of(second), R"({"bundle_mapping": {"otter": ["r/b:1", "r/x:1"]}})", kWorker);

  const auto document = json_of(fixture.get(path_of(first)));
  CHECK(io::to_json(document["bundle_mapping"]) == R"({"otter":["r/b:1"]})");
}

TEST_CASE("simultaneous patches all succeed", "[web][patch]") {
  WebFixture fixture{with_users()};
  const auto id = fixture.submit_add("", kBuilder);
  std::atomic<int> good = 0;
  constexpr int kThreads = 8;
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < kThreads; ++worker) {
      workers.emplace_back([&] {
        const auto answer = patch(fixture, path_of(id),
                                  R"({"arches": ["new"], "index_image": "r/new:1"})", kWorker);
        if (answer.status == 200) ++good;
      });
    }
  }
  CHECK(good == kThreads);
}

TEST_CASE("who may cancel a request", "[web][cancel]") {
  const auto [who, status] = GENERATE(table<const char*, int>(
      {{kBuilder, 202}, {kWorker, 202}, {kPrivileged, 202}, {kOther, 403}, {kNobody, 401}}));
  CAPTURE(who);
  WebFixture fixture{with_users()};
  const auto id = fixture.submit_add("", kBuilder);

  CHECK(cancel(fixture, id, who).status == status);
  CHECK(ended(fixture).size() == (status == 202 ? 1 : 0));
}

TEST_CASE("a request of nobody may be cancelled by nobody, with login disabled", "[web][cancel]") {
  WebFixture fixture{with_users(true)};
  const auto anonymous = fixture.submit_add();
  const auto owned = fixture.submit_add("", kBuilder);

  CHECK(cancel(fixture, owned, kNobody).status == 403);
  CHECK(cancel(fixture, anonymous, kBuilder).status == 403);
  const auto answer = cancel(fixture, anonymous, kNobody);
  CHECK(answer.status == 202);
  CHECK(json_of(answer)["state_reason"] == "The request was cancelled by an anonymous user");
}

TEST_CASE("a cancelled request is failed, and its reason names who did it", "[web][cancel]") {
  WebFixture fixture{with_users()};
  const auto id = fixture.submit_add("", kBuilder);

  const auto answer = cancel(fixture, id, kWorker);

  REQUIRE(answer.status == 202);
  const auto json = json_of(answer);
  CHECK(json["state"] == "failed");
  CHECK(json["state_reason"] == "The request was cancelled by worker@REALM");
  CHECK(json["state_history"].Size() == 2);
  CHECK(ended(fixture) == std::vector<RequestId>{id});

  SECTION("and cannot be cancelled again") {
    const auto again = cancel(fixture, id, kWorker);
    CHECK(again.status == 409);
    CHECK_THAT(error_of(again), Catch::Contains("it is failed already"));
    CHECK(ended(fixture).size() == 1);
  }
}

TEST_CASE("what is not there cannot be cancelled", "[web][cancel]") {
  WebFixture fixture{with_users()};

  CHECK(cancel(fixture, RequestId{7}, kWorker).status == 404);
  CHECK(cancel(fixture, RequestId{7}, kNobody).status == 401);
  CHECK(fixture.get("/api/v1/builds/7/cancel").status == 405);
}

TEST_CASE("the steps of a build begin empty and follow its states", "[web][steps]") {
  WebFixture fixture{with_users()};
  const auto id = fixture.submit_add("", kBuilder);
  CHECK(fixture.get(path_of(id, "/steps")).body == "[]");
  CHECK(fixture.get("/api/v1/builds/7/steps").status == 404);
  const auto job = fixture.store->claim("iib", "test", std::chrono::seconds{60});
  REQUIRE(job.has_value());
  const store::Claim claim{.job = job->id, .request = id, .number = job->claim};
  fixture.store->progress(claim, "Resolving", {});

  const auto running = json_of(fixture.get(path_of(id, "/steps")));
  REQUIRE(running.Size() == 1);
  CHECK(running[0]["name"] == "Resolving");
  CHECK(running[0]["state"] == "in_progress");
  CHECK(running[0]["ended"].IsNull());
  CHECK(running[0]["detail"].IsNull());

  cancel(fixture, id, kWorker);
  const auto over = json_of(fixture.get(path_of(id, "/steps")));
  REQUIRE(over.Size() == 1);
  CHECK(over[0]["state"] == "failed");
  CHECK(over[0]["ended"].IsString());
  CHECK(over[0]["detail"] == "The request was cancelled by worker@REALM");
}

}  // namespace iib::test
