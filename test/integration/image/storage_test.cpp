#include "eventually.hpp"
#include "skip.hpp"
#include "tools_fixture.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <optional>
#include <stop_token>

using namespace iib::test::tools;

TEST_CASE("a sweep removes what a dead daemon left and keeps the bases", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64"});
  (void)build_index(fixture, "iib-build:1", "the database");
  const auto root = fixture.state.path() / "containers" / "overlay";
  if (!fs::exists(root)) IIBD_SKIP("leftovers are made for overlay only");
  const auto buildah = [&](std::vector<std::string> arguments) {
    const std::vector<std::string> global{"--root",     root / "root",      "--runroot",
                                          root / "run", "--storage-driver", "overlay"};
    arguments.insert(arguments.begin(), global.begin(), global.end());
    const auto exit = fixture.runner.run({.name = "buildah", .arguments = arguments}, {});
    REQUIRE(exit.status == 0);
  };
  buildah({"from", "--name", "left", "scratch"});
  buildah({"mount", "left"});
  buildah({"commit", "--quiet", "left", "localhost/left"});
  REQUIRE(count_in_storage(fixture, "images") == 2);

  ToolsEngine next{fixture.runner, fixture.options(), fixture.access().log};
  next.sweep({});

  CHECK(count_in_storage(fixture, "containers") == 0);
  CHECK(count_in_storage(fixture, "images") == 1);
}

TEST_CASE("bases are kept within bounds, the most recently used first", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  auto options = fixture.options();
  options.kept_bases = 1;
  ToolsEngine engine{fixture.runner, options, fixture.access().log};
  fixture.registry.push_base("base", "1", {"amd64", "arm64"});
  const auto access = fixture.access();
  const auto base = engine.manifest(fixture.reference("base:1"), access);

  (void)engine.build_and_push(index_content(access.work_directory, "db"),
                              targets_of(fixture, base, "base:1", "out:1"), access);

  CHECK(count_in_storage(fixture, "images") == 1);
}

TEST_CASE("cancelling a build leaves nothing in the storage", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64"});
  fixture.engine.sweep({});
  auto access = fixture.access();
  const auto base = fixture.engine.manifest(fixture.reference("base:1"), access);
  const auto content = index_content(access.work_directory, "db");
  const auto targets = targets_of(fixture, base, "base:1", "out:1");
  // With the base in the storage, and a measure of how long a build takes.
  const auto begun = std::chrono::steady_clock::now();
  (void)fixture.engine.build_and_push(content, targets, access);
  const auto whole = std::chrono::steady_clock::now() - begun;
  constexpr int kMoments = 12;

  for (int moment = 0; moment < kMoments; ++moment) {
    CAPTURE(moment);
    std::stop_source source;
    access.cancellation = iib::Cancellation{source.get_token()};
    auto running = std::async(std::launch::async, [&] {
      return fixture.engine.build_and_push(content, targets, access);
    });
    // Any moment is right: this is where they are cancelled.
    std::this_thread::sleep_for(whole * moment / kMoments);
    source.request_stop();
    try {
      (void)running.get();  // the last moments may come too late
    } catch (const iib::Cancelled&) {
    }

    CHECK(count_in_storage(fixture, "containers") == 0);
    CHECK(count_in_storage(fixture, "images") == 1);
  }
}

TEST_CASE("a storage survives SIGKILL at any moment of a build", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64", "arm64"});
  const auto records = make_directory(fixture.state.path() / "records");
  const auto access = fixture.access();
  const auto base = fixture.engine.manifest(fixture.reference("base:1"), access);
  const auto content = index_content(access.work_directory, "db");
  const auto targets = targets_of(fixture, base, "base:1", "out:1");
  std::optional<Digest> first;
  const std::vector<std::chrono::milliseconds> moments{150ms, 700ms, 1100ms, 1600ms};

  for (const auto moment : moments) {
    CAPTURE(moment.count());
    const pid_t daemon = ::fork();
    if (daemon == 0) {
      iib::io::ProgramRunner runner{records};
      ToolsEngine engine{runner, fixture.options(), access.log};
      for (;;) (void)engine.build_and_push(content, targets, access);
    }
    std::this_thread::sleep_for(moment);  // any moment is right: this is where they die
    ::kill(daemon, SIGKILL);
    ::waitpid(daemon, nullptr, 0);

    iib::io::ProgramRunner runner{records};
    ToolsEngine next{runner, fixture.options(), access.log};
    const auto images = next.build_and_push(content, targets, access);
    const auto list = next.push_list(fixture.reference("out:1"), images, access);
    CHECK(list == first.value_or(list));
    first = list;
    CHECK(count_in_storage(fixture, "containers") == 0);
    CHECK(count_in_storage(fixture, "images") == 2);
  }
}
