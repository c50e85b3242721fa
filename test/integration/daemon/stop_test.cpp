#include "client.hpp"
#include "eventually.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <csignal>
#include <fstream>

namespace iib::test {
namespace {

/// Such a request fails at its first step, without any tool.
constexpr auto kQuicklyFailed =
    R"({"bundles": ["registry.example.com/b:1"], "binary_image": "registry.example.com/i:1",
        "add_arches": ["amd64"], "build_tags": ["7"]})";

std::string configuration(int workers) {
  return fmt::format(
      "login_disabled: true\niib_registry: registry.example.com\niib_queues: {{iib: {}}}\n",
      workers);
}

void write_log(const Daemon& daemon, std::int64_t request, const std::string& text) {
  const auto folder = daemon.state() / "artifacts" / "request_logs";
  std::ofstream{folder / fmt::format("{}.log", request), std::ios::binary} << text;
}

std::string address_of(const Daemon& daemon) {
  return fmt::format("127.0.0.1:{}", daemon.port());
}

bool refuses_connections(const std::string& address) {
  try {
    const RawClient client{address};
    return false;
  } catch (const std::runtime_error&) {
    return true;
  }
}

}  // namespace

TEST_CASE("an idle daemon ends by SIGTERM with status 0", "[death]") {
  const TempDir directory{std::filesystem::temp_directory_path(), "stop-"};
  Daemon daemon{directory.path() / "state", configuration(1)};
  daemon.start();

  CHECK(daemon.stop() == 0);
}

TEST_CASE("a hundred queued requests survive the daemon's death and run in their order",
          "[death]") {
  const TempDir directory{std::filesystem::temp_directory_path(), "stop-"};
  constexpr int kRequests = 100;
  {
    Daemon daemon{directory.path() / "state", configuration(0)};
    daemon.start();
    for (int request = 1; request <= kRequests; ++request) {
      REQUIRE(submit(daemon, "add", kQuicklyFailed) == request);
    }
    CHECK(daemon.get("/api/v1/builds?state=in_progress").json["meta"]["total"].GetInt() ==
          kRequests);
    daemon.kill();
  }

  Daemon daemon{directory.path() / "state", configuration(1)};
  daemon.start();
  std::string before;
  for (int request = 1; request <= kRequests; ++request) {
    const auto document = daemon.wait_final(request);
    const auto ended = text_of(document, "updated");
    CHECK(before < ended);
    CHECK(text_of(document, "state") == "failed");
    before = ended;
  }
  CHECK(daemon.get("/api/v1/builds?state=in_progress").json["meta"]["total"].GetInt() == 0);
}

TEST_CASE("SIGTERM lets answers under way end, and takes no new connection", "[death][stop]") {
  const TempDir directory{std::filesystem::temp_directory_path(), "stop-"};
  Daemon daemon{directory.path() / "state", configuration(0)};
  daemon.start();
  const auto ended = submit(daemon, "add", kQuicklyFailed);
  const auto waiting = submit(daemon, "add", kQuicklyFailed);
  REQUIRE(daemon.post(fmt::format("/api/v1/builds/{}/cancel", ended), "").status == 202);
  constexpr std::size_t kLong = 30UL << 20U;  // more than the kernel keeps for a slow reader
  std::string long_log;
  long_log.resize(kLong, 'x');
  write_log(daemon, ended, long_log);
  write_log(daemon, waiting, "so far\n");
  const auto address = address_of(daemon);
  RawClient reader{address};
  reader.send(request_text("GET", fmt::format("/api/v1/builds/{}/logs", ended)));
  RawClient follower{address};
  follower.send(request_text("GET", fmt::format("/api/v1/builds/{}/logs?follow=1", waiting)));
  REQUIRE(follower.receive().status == 200);
  REQUIRE(follower.receive_chunk() == "so far\n");
  REQUIRE(reader.receive(true).status == 200);  // its head: the answer is under way

  REQUIRE(::kill(daemon.pid(), SIGTERM) == 0);

  CHECK(eventually(std::chrono::seconds{60}, [&] { return refuses_connections(address); }));
  CHECK(reader.receive_rest().size() == kLong);
  CHECK(follower.receive_chunks() == "");  // its last chunk: nothing was cut off
  CHECK(daemon.wait_end(std::chrono::seconds{60}) == 0);
}

TEST_CASE("a second daemon on the same state directory names the first one's pid and ends",
          "[death]") {
  const TempDir directory{std::filesystem::temp_directory_path(), "stop-"};
  Daemon first{directory.path() / "state", configuration(1)};
  first.start();
  Daemon second{directory.path() / "state", configuration(1)};

  CHECK(second.run_to_end() != 0);

  CHECK_THAT(second.log(), Catch::Contains(fmt::format("pid {}", first.pid())));
  CHECK(first.get("/api/v1/healthcheck").status == 200);
}

}  // namespace iib::test
