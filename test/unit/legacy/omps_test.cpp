#include "iib/legacy/omps.hpp"

#include "http_test_server.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <fstream>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

const std::string kToken = "basic c2VjcmV0OnNlY3JldA==";

/// An exported package and what pushes it.
class Pushing {
 public:
  explicit Pushing(HttpTestServer::Handler handler) : server_{std::move(handler)} {
    fs::create_directories(package() / "0.1.0");
    std::ofstream{package() / "package.yaml"} << "packageName: otter\n";
    std::ofstream{package() / "0.1.0" / "csv.yaml"} << "kind: ClusterServiceVersion\n";
  }

  [[nodiscard]] fs::path package() const { return directory_.path() / "otter"; }
  [[nodiscard]] const HttpTestServer& server() const { return server_; }

  std::optional<std::string> push(const std::string& organization = "acme") {
    const legacy::Omps omps{
        {.name = "OMPS",
         .url = "http://" + server_.address() + "/v2",
         .call_limit = 1s,
         .retries = {.attempts = 2, .multiplier = 1ms, .delay = 1ms, .jitter = 1ms}}};
    const Secret token{kToken};
    return omps.push({"otter", package()}, {organization, token}, directory_.path(), {},
                     Log{make_null_sink(), "test", LogLevel::error});
  }

 private:
  TempDir directory_{fs::temp_directory_path()};
  HttpTestServer server_;
};

}  // namespace

TEST_CASE("a package is sent as a form with one zip archive", "[omps]") {
  Pushing pushing{[](const RawRequest&) { return answer(200, R"({"version": "1.2.0"})"); }};
  CHECK(pushing.push() == "1.2.0");
  const auto requests = pushing.server().requests();
  REQUIRE(requests.size() == 1);
  const auto& request = requests.front();
  CHECK(request.line() == "POST /v2/acme/zipfile");
  CHECK(request.header("authorization") == kToken);
  const auto type = request.header("content-type");
  REQUIRE_THAT(type, Catch::StartsWith("multipart/form-data; boundary="));
  const auto boundary = type.substr(type.find('=') + 1);
  CHECK_THAT(request.body, Catch::StartsWith("--" + boundary + "\r\n"));
  CHECK_THAT(request.body, Catch::EndsWith("\r\n--" + boundary + "--\r\n"));
  CHECK_THAT(request.body, Contains(R"(name="file"; filename="manifests.zip")"));
  CHECK_THAT(request.body, Contains("PK\x03\x04"));
  CHECK_THAT(request.body, Contains("package.yaml") && Contains("0.1.0/csv.yaml"));
}

TEST_CASE("a connection lost before the end of the answer sends the whole form again", "[omps]") {
  const std::string part = GENERATE(as<std::string>{}, "", "HTTP/1.1 200 OK\r\nContent-Le",
                                    "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"version\"");
  CAPTURE(part);
  int calls = 0;
  Pushing pushing{[&](const RawRequest&) {
    return ++calls == 1 ? RawAnswer{part, RawAnswer::Then::close}
                        : answer(200, R"({"version": "1.2.0"})");
  }};
  CHECK(pushing.push() == "1.2.0");
  const auto requests = pushing.server().requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].body == requests[1].body);
}

TEST_CASE("an answer that always ends halfway fails the push, and is no version", "[omps]") {
  Pushing pushing{[](const RawRequest&) {
    return RawAnswer{"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{\"version\": \"1.2.0\"}",
                     RawAnswer::Then::close};
  }};
  CHECK_THROWS_WITH(pushing.push(), Contains("organization acme") && Contains("package otter") &&
                                        Contains("EOF") && !Contains("c2VjcmV0"));
  CHECK(pushing.server().requests().size() == 2);
}

TEST_CASE(
    "a registry that refuses is told with organization, package and its own words, without "
    "the token",
    "[omps]") {
  const auto [status, body, reason] = GENERATE(table<int, std::string, std::string>({
      {403, R"({"message": "no access"})", "answered 403: no access"},
      {500, "oops", "answered 500: oops"},
      {302, "", "answered 302"},
  }));
  Pushing pushing{[status = status, body = body](const RawRequest&) {
    return answer(status, body, "Location: http://elsewhere.example.com/\r\n");
  }};
  CHECK_THROWS_WITH(pushing.push(), Contains("organization acme") && Contains("package otter") &&
                                        Contains(reason) && !Contains("c2VjcmV0"));
}

TEST_CASE("an answer without a version is a success", "[omps]") {
  Pushing pushing{[](const RawRequest&) { return answer(200, "not JSON"); }};
  CHECK(pushing.push() == std::nullopt);
}

TEST_CASE("a package that the index does not have is refused before anything is sent", "[omps]") {
  Pushing pushing{[](const RawRequest&) { return answer(200); }};
  fs::remove_all(pushing.package() / "0.1.0");
  CHECK_THROWS_WITH(pushing.push(), Contains("package otter") && Contains("no such package"));
  CHECK(pushing.server().requests().empty());
}

TEST_CASE("an organization cannot lead to another path of the service", "[omps]") {
  Pushing pushing{[](const RawRequest&) { return answer(200, "{}"); }};
  CHECK(pushing.push("../admin?x=") == std::nullopt);
  CHECK(pushing.server().requests().front().line() == "POST /v2/..%2Fadmin%3Fx%3D/zipfile");
}

}  // namespace iib::test
