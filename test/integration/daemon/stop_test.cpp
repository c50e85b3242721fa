#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

/// Such a request fails at its first step, without any tool.
constexpr auto kQuicklyFailed =
    R"({"bundles": ["registry.example.com/b:1"], "binary_image": "registry.example.com/i:1",
        "add_arches": ["amd64"], "distribution_scope": "dev"})";

std::string configuration(int workers) {
  return fmt::format(
      "login_disabled: true\niib_registry: registry.example.com\niib_queues: {{iib: {}}}\n",
      workers);
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
