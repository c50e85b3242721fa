#include "iib/base/error.hpp"
#include "skip.hpp"
#include "storage_fixture.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <optional>
#include <stop_token>
#include <thread>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using image::ToolsEngine;
using model::Digest;

}  // namespace

TEST_CASE("a storage keeps the bases of a build and nothing else", "[image][tools]") {
  if (const auto cause = cannot_run(EngineKind::tools); !cause.empty()) IIBD_SKIP(cause);
  StorageSite site;
  site.registry.push_base("base", "1", {"amd64", "arm64"});

  site.build_index(site.engine, "iib-build:1", "the database");

  CHECK(site.count("containers") == 0);
  CHECK(site.count("images") == 2);
}

TEST_CASE("the same inputs give the same digests by another storage driver", "[image][tools]") {
  if (const auto cause = cannot_run(EngineKind::tools); !cause.empty()) IIBD_SKIP(cause);
  StorageSite site;
  site.registry.push_base("base", "1", {"amd64"});
  auto options = site.tools_options("other");
  options.storage_driver = "vfs";
  ToolsEngine other{site.runner, options, site.access().log};

  const auto first = site.build_index(site.engine, "iib-build:1", "the database");

  CHECK(site.build_index(other, "iib-build:1", "the database").list == first.list);
}

TEST_CASE("a sweep removes what a dead daemon left and keeps the bases", "[image][tools]") {
  if (const auto cause = cannot_run(EngineKind::tools); !cause.empty()) IIBD_SKIP(cause);
  StorageSite site;
  site.registry.push_base("base", "1", {"amd64"});
  site.build_index(site.engine, "iib-build:1", "the database");
  const auto root = site.state.path() / "engine" / "overlay";
  if (!fs::exists(root)) IIBD_SKIP("leftovers are made for overlay only");
  const auto buildah = [&](std::vector<std::string> arguments) {
    const std::vector<std::string> global{"--root",     root / "root",      "--runroot",
                                          root / "run", "--storage-driver", "overlay"};
    arguments.insert(arguments.begin(), global.begin(), global.end());
    output_of(site.runner, "buildah", std::move(arguments));
  };
  buildah({"from", "--name", "left", "scratch"});
  buildah({"mount", "left"});
  buildah({"commit", "--quiet", "left", "localhost/left"});
  REQUIRE(site.count("images") == 2);

  ToolsEngine next{site.runner, site.tools_options(), site.access().log};
  next.sweep({});

  CHECK(site.count("containers") == 0);
  CHECK(site.count("images") == 1);
}

TEST_CASE("bases are kept within bounds, the most recently used first", "[image][tools]") {
  if (const auto cause = cannot_run(EngineKind::tools); !cause.empty()) IIBD_SKIP(cause);
  StorageSite site;
  auto options = site.tools_options();
  options.kept_bases = 1;
  ToolsEngine engine{site.runner, options, site.access().log};
  site.registry.push_base("base", "1", {"amd64", "arm64"});

  site.build_index(engine, "out:1", "db");

  CHECK(site.count("images") == 1);
}

TEST_CASE("cancelling a build leaves nothing in the storage", "[image][tools]") {
  if (const auto cause = cannot_run(EngineKind::tools); !cause.empty()) IIBD_SKIP(cause);
  StorageSite site;
  site.registry.push_base("base", "1", {"amd64"});
  site.engine.sweep({});
  auto access = site.access();
  const auto base = site.engine.manifest(site.reference("base:1"), access);
  const auto content = index_content(access.work_directory, "db");
  const auto targets = site.targets_of(base, "base:1", "out:1");
  // With the base in the storage, and a measure of how long a build takes.
  const auto begun = std::chrono::steady_clock::now();
  (void)site.engine.build_and_push(content, targets, access);
  const auto whole = std::chrono::steady_clock::now() - begun;
  constexpr int kMoments = 12;

  for (int moment = 0; moment < kMoments; ++moment) {
    CAPTURE(moment);
    std::stop_source source;
    access.cancellation = Cancellation{source.get_token()};
    auto running = std::async(std::launch::async,
                              [&] { return site.engine.build_and_push(content, targets, access); });
    // Any moment is right: this is where they are cancelled.
    std::this_thread::sleep_for(whole * moment / kMoments);
    source.request_stop();
    try {
      (void)running.get();  // the last moments may come too late
    } catch (const Cancelled&) {
    }

    CHECK(site.count("containers") == 0);
    CHECK(site.count("images") == 1);
  }
}

TEST_CASE("a storage survives SIGKILL at any moment of a build", "[image][tools]") {
  if (const auto cause = cannot_run(EngineKind::tools); !cause.empty()) IIBD_SKIP(cause);
  StorageSite site;
  site.registry.push_base("base", "1", {"amd64", "arm64"});
  const auto records = site.state.path() / "records";
  fs::create_directories(records);
  const auto access = site.access();
  const auto base = site.engine.manifest(site.reference("base:1"), access);
  const auto content = index_content(access.work_directory, "db");
  const auto targets = site.targets_of(base, "base:1", "out:1");
  std::optional<Digest> first;
  const std::vector<std::chrono::milliseconds> moments{150ms, 700ms, 1100ms, 1600ms};

  for (const auto moment : moments) {
    CAPTURE(moment.count());
    const pid_t daemon = ::fork();
    if (daemon == 0) {
      io::ProgramRunner runner{records};
      ToolsEngine engine{runner, site.tools_options(), access.log};
      for (;;) (void)engine.build_and_push(content, targets, access);
    }
    std::this_thread::sleep_for(moment);  // any moment is right: this is where they die
    ::kill(daemon, SIGKILL);
    ::waitpid(daemon, nullptr, 0);

    io::ProgramRunner runner{records};
    ToolsEngine next{runner, site.tools_options(), access.log};
    const auto images = next.build_and_push(content, targets, access);
    const auto list = next.push_list(site.reference("out:1"), images, access);
    CHECK(list == first.value_or(list));
    first = list;
    CHECK(site.count("containers") == 0);
    CHECK(site.count("images") == 2);
  }
}

}  // namespace iib::test
