// The API description against the real daemon, and the page that shows it in a real browser.

#include "daemon.hpp"
#include "iib/base/files.hpp"
#include "iib/io/process.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

/// Nothing runs, so that every request stays as it was submitted.
constexpr auto kConfiguration =
    "iib_registry: registry.example.com\n"
    "iib_worker_usernames: [worker]\n"
    "iib_trusted_proxies: [127.0.0.1]\n"
    "iib_queues: {iib: 0}\n";

constexpr auto kLastSummary = "Tell whether the database answers";

io::Exit run(const fs::path& directory, const std::string& program,
             std::vector<std::string> arguments) {
  const TempDir records{fs::temp_directory_path(), "records-"};
  io::ProgramRunner runner{records.path()};
  return runner.run({.name = program,
                     .arguments = std::move(arguments),
                     .environment = {{"HOME", directory.string()}},
                     .working_directory = directory},
                    Cancellation{});
}

std::string url_of(const Daemon& daemon) {
  return fmt::format("http://127.0.0.1:{}", daemon.port());
}

}  // namespace

TEST_CASE("the API description tells every route, parameter and field, and nothing else",
          "[description]") {
  // Debian's own: its packages are not there for another.
  const std::string python = "/usr/bin/python3";
  const TempDir directory{fs::temp_directory_path(), "description-"};
  if (run(directory.path(), python, {"-c", "import jsonschema, yaml"}).status != 0) {
    IIBD_SKIP("python3-jsonschema or python3-yaml is not installed");
  }
  Daemon daemon{directory.path() / "state", kConfiguration};
  daemon.start();

  const auto walked = run(directory.path(), python,
                          {IIBD_SOURCE_ROOT "/test/integration/daemon/openapi_walk.py",
                           url_of(daemon), daemon.state().string(), IIBD_SOURCE_ROOT});

  INFO(walked.output << walked.error_output);
  CHECK(walked.status == 0);
  CHECK_THAT(walked.output, Catch::Contains("answers checked, 0 faults"));
}

TEST_CASE("the page shows every operation in a browser, and asks nobody else", "[description]") {
  if (io::find_program("chromium").empty()) IIBD_SKIP("chromium is not on PATH");
  const TempDir directory{fs::temp_directory_path(), "page-"};
  Daemon daemon{directory.path() / "state", kConfiguration};
  daemon.start();

  const auto browse = [&](int attempt) {
    return run(
        directory.path(), "chromium",
        {"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage",
         fmt::format("--user-data-dir={}/profile-{}", directory.path().string(), attempt),
         "--virtual-time-budget=10000", "--enable-logging=stderr", "--dump-dom", url_of(daemon)});
  };
  // Now and then a browser ends by itself, or before the page is whole: that is none of ours.
  auto browsed = browse(1);
  for (int attempt = 2; attempt <= 3; ++attempt) {
    if (browsed.status == 0 && Catch::contains(browsed.output, kLastSummary)) break;
    browsed = browse(attempt);
  }

  INFO(browsed.error_output);
  REQUIRE(browsed.status == 0);
  for (const auto* summary :
       {"List requests, newest first", "Add bundles to an index image", "Report the progress",
        "End a request that is queued or running", kLastSummary}) {
    CHECK_THAT(browsed.output, Catch::Contains(summary));
  }
  CHECK_THAT(browsed.error_output, !Catch::Contains("CONSOLE") || Catch::Contains("favicon"));
  CHECK_THAT(browsed.error_output, !Catch::Contains("Content Security Policy"));
}

}  // namespace iib::test
