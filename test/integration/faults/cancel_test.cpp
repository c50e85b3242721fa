#include "eventually.hpp"
#include "fake_tools.hpp"
#include "faulty_site.hpp"
#include "iib/io/process.hpp"
#include "processes.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kMark = "FAULTS_CANCEL";
/// 2 s are what the service needs at most; the rest is for a machine with much else to do.
constexpr auto kLimit = 8s;

/// A daemon whose child processes can be told from others.
std::map<std::string, std::string> marked(const Site& site, const FakeTools& fakes) {
  auto environment = fakes.environment();
  environment[kMark] = site.directory().string();
  return environment;
}

std::vector<Process> children_of(const Site& site, const Daemon& daemon) {
  auto found = processes_with(kMark, site.directory().string());
  std::erase_if(found, [&](const Process& process) { return process.pid == daemon.pid(); });
  return found;
}

std::string path_of(std::int64_t request, const std::string& more = {}) {
  return fmt::format("/api/v1/builds/{}{}", request, more);
}

Answer cancel(const Daemon& daemon, std::int64_t request) {
  return daemon.post(path_of(request, "/cancel"), "");
}

/// What `buildah` lists of the daemon's own storage.
std::string listed(const Site& site, const std::string& what) {
  const auto root = site.state() / "containers" / "overlay";
  const auto vfs = site.state() / "containers" / "vfs";
  const auto used = fs::exists(vfs / "root") ? vfs : root;
  const fs::path records = site.directory() / "records";
  fs::create_directories(records);
  io::ProgramRunner programs{records};
  const auto exit =
      programs.run({.name = "buildah",
                    .arguments = {"--root", used / "root", "--runroot", used / "run",
                                  "--storage-driver", used.filename(), what, "--all", "--quiet"}},
                   {});
  return exit.status == 0 ? exit.output : "buildah failed: " + exit.error_output;
}

/// Nothing of the cancelled request is left: no process, no file, no container.
void check_clean(const Site& site, const Daemon& daemon) {
  INFO(daemon.log());
  CHECK(eventually(60s, [&] {
    return fs::is_empty(site.state() / "work") && fs::is_empty(site.state() / "programs");
  }));
  CHECK(daemon.get("/api/v1/healthcheck").status == 200);
  CHECK(listed(site, "containers").empty());
}

}  // namespace

TEST_CASE("a tool that hangs ends within 2 s of a cancellation, with all it started",
          "[faults][cancel]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  const FakeTools fakes;
  // Whether the tool has done its work, of which nothing may be left, when it hangs.
  const auto [command, does_it] = GENERATE(
      table<const char*, bool>({{"from", true}, {"add", false}, {"commit", true}, {"push", true}}));
  CAPTURE(command);
  fakes.fail_at("buildah", command,
                fmt::format("trap '' TERM\n{}\nenv FAULTS_HANG=$here sleep 1000 &\n"
                            "env FAULTS_HANG=$here sleep 1000",
                            does_it ? "\"$real\" \"$@\"" : ":"));
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  Daemon daemon{site.state(), site.configuration(), marked(site, fakes)};
  daemon.start();
  const auto id = submit(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64"}}));
  const auto hanging = [&] { return processes_with("FAULTS_HANG", fakes.folder().string()); };
  REQUIRE(eventually(60s, [&] { return hanging().size() >= 2; }));

  const auto begin = Clock::now();
  const auto answer = cancel(daemon, id);

  REQUIRE(answer.status == 202);
  CHECK(text_of(answer.json, "state") == "failed");
  CHECK(text_of(answer.json, "state_reason") == "The request was cancelled by an anonymous user");
  CHECK(eventually(20s, [&] { return hanging().empty(); }));
  CHECK(Clock::now() - begin < kLimit);
  check_clean(site, daemon);
  CHECK(cancel(daemon, id).status == 409);
  CHECK(daemon.wait_final(id)["state_history"].Size() == answer.json["state_history"].Size());
  CHECK(daemon.stop() == 0);
}

TEST_CASE("a build is cancelled by the patch that ends it, and the next one runs",
          "[faults][cancel]") {
  IIBD_NEEDS_TOOLS();
  Site site{{"amd64", "s390x"}};
  const FakeTools fakes;
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  Daemon daemon{site.state(), site.configuration("iib_queues: {iib: 1}\n"), marked(site, fakes)};
  daemon.start();
  const auto body = site.add_body({bundle}, {.add_arches = {"amd64", "s390x"}});
  const auto first = submit(daemon, "add", body);
  const auto queued = submit(daemon, "add", body);
  const auto last = submit(daemon, "add", body);
  REQUIRE(eventually(60s, [&] {
    const auto reason = text_of(daemon.get(path_of(first)).json, "state_reason");
    return reason.starts_with("Building the index image") && !children_of(site, daemon).empty();
  }));
  CHECK(cancel(daemon, queued).status == 202);

  const auto begin = Clock::now();
  const auto before = children_of(site, daemon);
  const auto answer = daemon.patch(path_of(first), R"({"state": "failed", "state_reason": "no"})");

  REQUIRE(answer.status == 200);
  const auto alive = [&] {
    const auto now = children_of(site, daemon);
    return std::any_of(before.begin(), before.end(), [&](const Process& old) {
      return std::any_of(now.begin(), now.end(),
                         [&](const Process& process) { return process.pid == old.pid; });
    });
  };
  CHECK(eventually(20s, [&] { return !alive(); }));
  CHECK(Clock::now() - begin < kLimit);
  CHECK(text_of(daemon.wait_final(last), "state") == "complete");
  check_clean(site, daemon);
  CHECK(text_of(daemon.get(path_of(first)).json, "state_reason") == "no");
  const auto dropped = daemon.get(path_of(queued, "/steps"));
  CHECK(dropped.body == "[]");
  const auto steps = daemon.get(path_of(last, "/steps"));
  REQUIRE(steps.json.Size() > 2);
  for (const auto& step : steps.json.GetArray()) CHECK(text_of(step, "state") == "complete");
  const auto ended = daemon.get(path_of(first, "/steps"));
  const auto& broken = ended.json[ended.json.Size() - 1];
  CHECK(text_of(broken, "state") == "failed");
  CHECK(text_of(broken, "detail") == "no");
}

TEST_CASE("the steps of a build that began again tell both runs", "[faults][cancel]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  const FakeTools fakes;
  fakes.fail_at("buildah", "from", "[ -e $here/hung ] || { : >$here/hung; exec sleep 1000; }");
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  std::int64_t id = 0;
  {
    Daemon daemon{site.state(), site.configuration(), marked(site, fakes)};
    daemon.start();
    id = submit(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64"}}));
    REQUIRE(eventually(60s, [&] { return fs::exists(fakes.folder() / "hung"); }));
    daemon.kill();
  }
  Daemon daemon{site.state(), site.configuration(), marked(site, fakes)};
  daemon.start();
  REQUIRE(text_of(daemon.wait_final(id), "state") == "complete");

  const auto steps = daemon.get(path_of(id, "/steps"));

  int failed = 0;
  for (const auto& step : steps.json.GetArray()) {
    if (text_of(step, "state") != "failed") continue;
    ++failed;
    CHECK_THAT(text_of(step, "name"), Catch::StartsWith("Building the index image"));
    CHECK_THAT(text_of(step, "detail"), Catch::Contains("begins again"));
  }
  CHECK(failed == 1);
  CHECK(text_of(steps.json[steps.json.Size() - 1], "state") == "complete");
}

}  // namespace iib::test
