#include "iib/model/steps.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace iib;
using namespace iib::model;

namespace {

struct Told {
  RequestState state;
  std::string reason;
  std::optional<std::int64_t> claim;
};

constexpr auto kRuns = RequestState::in_progress;

/// A request whose history is `told`, oldest first, one second apart, after its acceptance.
Request with_history(std::vector<Told> told) {
  told.insert(told.begin(), {kRuns, "accepted", {}});
  Request request;
  auto now = parse_iso8601("2031-05-04T10:11:12.000000Z");
  for (const auto& entry : told) {
    request.history.push_back({.id = {},
                               .state = entry.state,
                               .reason = entry.reason,
                               .updated = now,
                               .claim = entry.claim});
    now += std::chrono::seconds{1};
  }
  std::reverse(request.history.begin(), request.history.end());
  return request;
}

/// `name:state` for each step.
std::vector<std::string> shown(const std::vector<Step>& steps) {
  std::vector<std::string> texts;
  for (const auto& step : steps)
    texts.push_back(step.name + ":" + std::string{to_string(step.state)});
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("there are no steps before a build begins", "[steps]") {
  CHECK(steps_of(with_history({}), {}).empty());
  CHECK(steps_document({}) == "[]");
}

TEST_CASE("a request that ends before its build begins has no steps", "[steps]") {
  CHECK(steps_of(with_history({{RequestState::failed, "cancelled", {}}}), {}).empty());
}

TEST_CASE("each visible state is a step, the last one lasts", "[steps]") {
  const auto steps = steps_of(with_history({{kRuns, "resolve", 1}, {kRuns, "build", 1}}), 1);

  REQUIRE(shown(steps) == Texts{"resolve:complete", "build:in_progress"});
  CHECK(steps_document(steps) ==
        R"([{"name":"resolve","state":"complete","started":"2031-05-04T10:11:13.000000Z",)"
        R"("ended":"2031-05-04T10:11:14.000000Z","detail":null},)"
        R"({"name":"build","state":"in_progress","started":"2031-05-04T10:11:14.000000Z",)"
        R"("ended":null,"detail":null}])");
}

TEST_CASE("the last step ends as the request does and says why", "[steps]") {
  const auto end = GENERATE(RequestState::complete, RequestState::failed);
  const auto steps = steps_of(with_history({{kRuns, "resolve", 1},
                                            {kRuns, "build", 1},
                                            {end, "the reason", 1},
                                            {end, "a better reason", {}}}),
                              {});

  REQUIRE(shown(steps) == Texts{"resolve:complete", "build:" + std::string{to_string(end)}});
  CHECK(steps[1].detail == "the reason");
  CHECK(steps[1].ended == steps[1].started + std::chrono::seconds{1});
}

TEST_CASE("a build that began again keeps the steps of the run before", "[steps]") {
  const auto steps = steps_of(with_history({{kRuns, "resolve", 1},
                                            {kRuns, "build", 1},
                                            {kRuns, "resolve again", 2},
                                            {kRuns, "build", 2}}),
                              2);

  REQUIRE(shown(steps) ==
          Texts{"resolve:complete", "build:failed", "resolve again:complete", "build:in_progress"});
  CHECK_THAT(*steps[1].detail, Catch::Contains("begins again"));
}

TEST_CASE("a step whose run was interrupted does not look alive", "[steps]") {
  const auto history = with_history({{kRuns, "resolve", 1}});
  const auto running = GENERATE(std::optional<std::int64_t>{}, std::optional<std::int64_t>{2});

  const auto steps = steps_of(history, running);

  REQUIRE(shown(steps) == Texts{"resolve:failed"});
  CHECK_FALSE(steps[0].ended.has_value());
  CHECK_THAT(*steps[0].detail, Catch::Contains("begins again"));
}

TEST_CASE("states told by foreign workers are steps too", "[steps]") {
  const auto steps = steps_of(with_history({{kRuns, "resolve", {}}, {kRuns, "build", {}}}), {});

  CHECK(shown(steps) == Texts{"resolve:complete", "build:in_progress"});
}
