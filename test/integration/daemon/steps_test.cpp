#include "regeneration.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

// What a build did: its steps as data, its log for people, and the same facts for programs.

namespace iib::test {
namespace {

/// A request, and the id under which it is found.
struct Request {
  std::int64_t id = 0;
  std::string type;
  std::string state;
};

std::string path_of(const Request& request, const std::string& what) {
  return fmt::format("/api/v1/builds/{}{}", request.id, what);
}

std::string log_of(const Daemon& daemon, const Request& request) {
  return daemon.get(path_of(request, "/logs")).body;
}

/// Submits `body` and waits for its end.
Request run(const Daemon& daemon, const std::string& type, const std::string& body) {
  Request request{.id = submit(daemon, type, body), .type = type, .state = {}};
  request.state = text_of(daemon.wait_final(request.id), "state");
  return request;
}

/// Each type of request once to a good end and once to a bad one.
std::vector<Request> run_all(Site& site, const Daemon& daemon) {
  const auto otter = site.push_bundle("otter-operator", "0.1.0");
  const auto next = site.push_bundle("otter-operator", "0.2.0");
  const auto heron = site.push_bundle("heron-operator", "1.0.0");
  const auto absent = site.pull_spec("absent:v1");
  const std::string unreachable = "127.0.0.1:1/absent:v1";
  push_operand(site, "wetland/heron");
  site.push_image("bundles/heron", heron_bundle(heron_csv({site.pull_spec("wetland/heron:v1")})));
  std::vector<Request> requests;
  requests.push_back(
      run(daemon, "add", site.add_body({otter, next, heron}, {.add_arches = {"amd64", "s390x"}})));
  requests.push_back(run(daemon, "add", site.add_body({unreachable}, {.add_arches = {"amd64"}})));
  const auto index = site.pull_spec(fmt::format("iib-build:{}", requests.front().id));
  requests.push_back(run(daemon, "rm", site.rm_body({"otter-operator"}, {.from_index = index})));
  requests.push_back(run(daemon, "rm", site.rm_body({"otter-operator"}, {.from_index = absent})));
  requests.push_back(
      run(daemon, "regenerate-bundle", regenerate_body(site.pull_spec("bundles/heron:latest"))));
  requests.push_back(run(daemon, "regenerate-bundle", regenerate_body(absent)));
  return requests;
}

/// Checks that the steps are named, in order and without gaps, and that the last is as the request.
void check_steps(const Daemon& daemon, const Request& request) {
  const auto steps = daemon.get(path_of(request, "/steps")).json;
  const auto document = daemon.get(path_of(request, "")).json;
  const auto history = history_of(document);  // the acceptance, the steps, the end
  REQUIRE(steps.Size() + 2 == history.size());
  const auto last = steps.Size() - 1;
  for (rapidjson::SizeType at = 0; at <= last; ++at) {
    CAPTURE(at, io::to_json(steps[at]));
    CHECK(text_of(steps[at], "name") == history[at + 1]);
    const auto started = text_of(steps[at], "started");
    const auto ended = text_of(steps[at], "ended");
    CHECK(started < ended);
    if (at < last) {
      CHECK(text_of(steps[at], "state") == "complete");
      CHECK(steps[at]["detail"].IsNull());
      CHECK(ended == text_of(steps[at + 1], "started"));
    } else {
      CHECK(text_of(steps[at], "state") == request.state);
      CHECK(text_of(steps[at], "detail") == text_of(document, "state_reason"));
    }
  }
}

/// The objects of a daemon's log of JSON that are of `request`.
std::vector<io::JsonDocument> records_of(const Daemon& daemon, const Request& request) {
  std::vector<io::JsonDocument> records;
  std::istringstream stream{daemon.log()};
  for (std::string line; std::getline(stream, line);) {
    auto record = io::parse_json(line);
    if (text_of(record, "module") == fmt::format("request-{}", request.id)) {
      records.push_back(std::move(record));
    }
  }
  return records;
}

/// Those of `records` that have all of the fields `names`.
std::vector<const io::JsonDocument*> with_fields(const std::vector<io::JsonDocument>& records,
                                                 const std::vector<const char*>& names) {
  std::vector<const io::JsonDocument*> found;
  for (const auto& record : records) {
    if (std::all_of(names.begin(), names.end(),
                    [&](const char* name) { return record.HasMember(name); })) {
      found.push_back(&record);
    }
  }
  return found;
}

/// Checks that the log tells each step's end, in the words of the steps.
void check_times(const Daemon& daemon, const Request& request) {
  const auto log = log_of(daemon, request);
  const auto steps = daemon.get(path_of(request, "/steps")).json;
  const auto records = records_of(daemon, request);
  const auto times = with_fields(records, {"step", "outcome", "seconds"});
  REQUIRE(times.size() == steps.Size());
  for (rapidjson::SizeType at = 0; at < steps.Size(); ++at) {
    const auto& told = *times[at];
    CHECK(text_of(told, "step") == text_of(steps[at], "name"));
    CHECK(text_of(told, "outcome") == text_of(steps[at], "state"));
    CHECK(told["request"].GetInt64() == request.id);
    CHECK(told["seconds"].GetDouble() > 0);
    CHECK_THAT(log, Catch::Contains(text_of(told, "message") + "\n"));
  }
  CHECK_THAT(log, Catch::Contains(fmt::format("request {} is {}: ", request.id, request.state)) &&
                      Catch::EndsWith(" s)\n"));
}

void check_pushed(const Daemon& daemon, const Request& request, std::size_t architectures) {
  const auto records = records_of(daemon, request);
  const auto pushed = with_fields(records, {"image", "architecture", "manifest_bytes", "layers",
                                            "layer_bytes", "topmost_bytes"});
  REQUIRE(pushed.size() == architectures);
  for (const auto* record : pushed) {
    CHECK_THAT(text_of(*record, "image"), Catch::Contains("/iib-build@sha256:"));
    CHECK((*record)["manifest_bytes"].GetInt64() > 100);
    CHECK((*record)["layers"].GetInt64() >= 1);
    CHECK((*record)["topmost_bytes"].GetInt64() > 100);
    CHECK((*record)["layer_bytes"].GetInt64() >= (*record)["topmost_bytes"].GetInt64());
    CHECK_THAT(log_of(daemon, request), Catch::Contains(text_of(*record, "message")));
  }
  CHECK(with_fields(records, {"image", "images"}).size() == 1);
}

/// What came into a package, and what left it.
struct Counts {
  std::int64_t bundles_added = 0;
  std::int64_t bundles_removed = 0;
  std::int64_t edges_added = 0;
  std::int64_t edges_removed = 0;
};

/// Checks what the log tells of `package`, as data and in words.
void check_change(const io::JsonDocument& record, const std::string& package,
                  const std::string& change, const Counts& counts) {
  CAPTURE(package, io::to_json(record));
  CHECK(text_of(record, "package") == package);
  CHECK(text_of(record, "change") == change);
  CHECK(record["bundles_added"].GetInt64() == counts.bundles_added);
  CHECK(record["bundles_removed"].GetInt64() == counts.bundles_removed);
  CHECK(record["edges_added"].GetInt64() == counts.edges_added);
  CHECK(record["edges_removed"].GetInt64() == counts.edges_removed);
  CHECK_THAT(text_of(record, "message"),
             Catch::Contains(fmt::format("bundles +{} -{}, edges +{} -{}", counts.bundles_added,
                                         counts.bundles_removed, counts.edges_added,
                                         counts.edges_removed)));
}

}  // namespace

TEST_CASE("each request has its steps, and a log that tells what it did in which time", "[steps]") {
  IIBD_NEEDS_TOOLS();
  Site site{{"amd64", "s390x"}};
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration("iib_log_output: json\n")};
  daemon.start();

  const auto requests = run_all(site, daemon);

  INFO(daemon.log());
  bool good = true;
  for (const auto& request : requests) {
    CAPTURE(request.id, request.type, log_of(daemon, request));
    CHECK(request.state == (good ? "complete" : "failed"));
    check_steps(daemon, request);
    check_times(daemon, request);
    good = !good;
  }
  check_pushed(daemon, requests[0], 2);
  check_pushed(daemon, requests[2], 2);
  check_pushed(daemon, requests[4], 1);

  const auto tried = records_of(daemon, requests[1]);
  const auto retries = with_fields(tried, {"what", "attempt", "attempts", "delay", "cause"});
  REQUIRE_FALSE(retries.empty());
  CHECK((*retries.front())["attempt"].GetInt() == 1);
  CHECK_THAT(text_of(*retries.front(), "cause"), Catch::Contains("127.0.0.1:1"));

  const auto added = records_of(daemon, requests[0]);
  const auto resolved = with_fields(added, {"role", "given", "resolved"});
  REQUIRE(resolved.size() == 4);  // three bundles and the binary image
  CHECK(text_of(*resolved.back(), "given") == site.base());
  const auto packages = with_fields(added, {"package", "change", "channels"});
  REQUIRE(packages.size() == 2);
  check_change(*packages[0], "heron-operator", "added", {.bundles_added = 1});
  // 0.2.0 replaces 0.1.0 in both of its channels.
  check_change(*packages[1], "otter-operator", "added", {.bundles_added = 2, .edges_added = 2});
  const auto rest = records_of(daemon, requests[2]);
  const auto removed = with_fields(rest, {"package", "change", "bundles_removed"});
  REQUIRE(removed.size() == 1);
  check_change(*removed.front(), "otter-operator", "removed",
               {.bundles_removed = 2, .edges_removed = 2});
  CHECK_THAT(log_of(daemon, requests[2]), Catch::Contains("- package otter-operator"));
}

}  // namespace iib::test
