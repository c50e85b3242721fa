#include "iib/gate/greenwave.hpp"

#include "http_test_server.hpp"
#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <vector>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

const gate::GatingSettings kSettings{"iib_release", "acme-1", "koji_build"};

gate::Greenwave greenwave_of(const HttpTestServer& server) {
  return gate::Greenwave{
      {.name = "Greenwave",
       .url = "http://" + server.address() + "/api/v1.0/",
       .call_limit = 1s,
       .retries = {.attempts = 2, .multiplier = 1ms, .delay = 1ms, .jitter = 1ms}}};
}

gate::GatedBundle bundle(const std::string& name) {
  return {"registry.example.com/" + name + ":1",
          {{"com.redhat.component", name + "-bundle"}, {"version", "1.0"}, {"release", "7"}}};
}

void decide(const gate::Greenwave& greenwave, const std::vector<gate::GatedBundle>& bundles) {
  greenwave.require_satisfied(bundles, kSettings, {},
                              Log{make_null_sink(), "test", LogLevel::error});
}

}  // namespace

TEST_CASE("each bundle is asked about by the name of its build", "[greenwave]") {
  const HttpTestServer server{
      [](const RawRequest&) { return answer(200, R"({"policies_satisfied": true})"); }};
  decide(greenwave_of(server), {bundle("otter"), bundle("heron")});
  const auto asked = server.requests();
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].line() == "POST /api/v1.0/decision");
  CHECK(asked[0].header("content-type") == "application/json");
  CHECK(asked[0].header("authorization").empty());
  CHECK(asked[0].body ==
        R"({"decision_context":"iib_release","product_version":"acme-1",)"
        R"("subject_type":"koji_build","subject_identifier":"otter-bundle-1.0-7"})");
  CHECK_THAT(asked[1].body, Contains("heron-bundle-1.0-7"));
}

TEST_CASE("all bundles with unsatisfied policies are named with their test cases", "[greenwave]") {
  const HttpTestServer server{[](const RawRequest& request) {
    if (request.body.find("heron") != std::string::npos) {
      return answer(200, R"({"policies_satisfied": true})");
    }
    return answer(200, request.body.find("otter") != std::string::npos
                           ? R"({"policies_satisfied": false, "unsatisfied_requirements":
                                [{"testcase": "acme.scan"}, {"type": "no test case"}]})"
                           : R"({"policies_satisfied": false, "unsatisfied_requirements":
                                [{"testcase": "acme.smoke"}]})");
  }};
  CHECK_THROWS_WITH(
      decide(greenwave_of(server), {bundle("otter"), bundle("heron"), bundle("lynx")}),
      Contains("registry.example.com/otter:1, registry.example.com/lynx:1") && !Contains("heron") &&
          Contains("iib_release") && Contains("acme-1") && Contains("koji_build") &&
          Contains("acme.scan, acme.smoke"));
}

TEST_CASE("a bundle without a label of its build's name is refused before Greenwave is asked",
          "[greenwave]") {
  const HttpTestServer server{[](const RawRequest&) { return answer(500); }};
  auto nameless = bundle("otter");
  nameless.labels.erase("release");
  CHECK_THROWS_WITH(decide(greenwave_of(server), {nameless}),
                    Contains("registry.example.com/otter:1") && Contains("label release"));
  CHECK(server.requests().empty());
}

TEST_CASE("an answer of Greenwave that decides nothing fails naming the bundle", "[greenwave]") {
  const auto [status, body, reason] = GENERATE(table<int, std::string, std::string>({
      {400, R"({"message": "unknown subject type"})", "answered 400: unknown subject type"},
      {404, "<html>none</html>", "answered 404: <html>none</html>"},
      {302, "", "answered 302"},
      {500, R"({"message": "down"})", "answered 500: down"},
      {200, "{\"policies_satisfied\": tr", "its answer"},
      {200, "[]", "policies_satisfied"},
      {200, "{}", "policies_satisfied"},
      {200, R"({"policies_satisfied": "yes"})", "policies_satisfied"},
      {200, "", "its answer"},
  }));
  CAPTURE(status, body);
  const HttpTestServer server{
      [status = status, body = body](const RawRequest&) { return answer(status, body); }};
  CHECK_THROWS_WITH(decide(greenwave_of(server), {bundle("otter")}),
                    Contains("registry.example.com/otter:1") && Contains(reason));
}

TEST_CASE("a Greenwave that is away, silent or cut off fails naming the bundle", "[greenwave]") {
  using Then = RawAnswer::Then;
  auto what =
      GENERATE(RawAnswer{"", Then::close}, RawAnswer{"", Then::silence},
               RawAnswer{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"policies", Then::close});
  const HttpTestServer server{[&](const RawRequest&) { return what; }};
  CHECK_THROWS_WITH(decide(greenwave_of(server), {bundle("otter")}),
                    Contains("registry.example.com/otter:1"));
}

}  // namespace iib::test
