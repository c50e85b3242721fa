#include "eventually.hpp"
#include "index_image.hpp"
#include "loopback.hpp"
#include "processes.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kLife = "IIBD_TEST_LIFE";
/// How many ends of the daemon may come too late: a request that was seen in a state may have ended
/// before the daemon does.
constexpr int kEnds = 10;

/// A daemon whose processes can be told from those of its other lives.
Daemon make_life(const Site& site, int number, const std::string& configuration = {}) {
  return Daemon{site.state(),
                site.configuration(configuration),
                {{kLife, fmt::format("{}-{}", site.directory().string(), number)}}};
}

std::vector<Process> processes_of(const Site& site, int number) {
  return processes_with(kLife, fmt::format("{}-{}", site.directory().string(), number));
}

bool life_is_gone(const Site& site, int number) {
  return eventually(60s, [&] { return processes_of(site, number).empty(); });
}

/// Submits `body` until a request is seen to be in `state`: the embedded engine is through with the
/// last one within milliseconds. Gives that request.
std::int64_t submit_until_seen(const Daemon& daemon, const std::string& body,
                               const std::string& state) {
  constexpr int kAttempts = 50;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto request = submit(daemon, "add", body);
    if (reaches(daemon, request, state)) return request;
  }
  throw std::runtime_error{"no request was seen in state " + state};
}

auto count_of(const std::vector<std::string>& history, const std::string& part) {
  return std::count_if(history.begin(), history.end(), [&](const std::string& reason) {
    return reason.find(part) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("a daemon killed in any visible state completes the request once it runs again",
          "[death]") {
  IIBD_NEEDS_TOOLS();
  Site site{{"amd64", "s390x"}};
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const auto heron = site.push_bundle("heron-operator", "1.0.0");
  const auto otter = site.push_bundle("otter-operator", "0.1.0");
  int life = 1;
  std::string from_index;
  {
    auto daemon = make_life(site, life);
    daemon.start();
    from_index =
        build_index(daemon, "add", site.add_body({heron}, {.add_arches = {"amd64", "s390x"}}));
    daemon.kill();
  }

  for (const std::string state :
       {"Resolving the bundles", "Resolving the images", "Building the index image",
        "Checking which bundles are already in the index", "Creating the manifest list"}) {
    CAPTURE(state);
    bool began_again = false;
    for (int death = 0; death < kEnds && !began_again; ++death) {
      std::int64_t request = 0;
      {
        auto daemon = make_life(site, ++life);
        daemon.start();
        REQUIRE_FALSE(processes_of(site, life).empty());
        request =
            submit_until_seen(daemon, site.add_body({otter}, {.from_index = from_index}), state);
        daemon.kill();
      }
      auto daemon = make_life(site, life + 1);
      daemon.start();
      CHECK(life_is_gone(site, life));
      ++life;
      const auto document = daemon.wait_final(request);

      const auto history = history_of(document);
      CAPTURE(history);
      CHECK(text_of(document, "state") == "complete");
      const auto told = count_of(history, "began again after the daemon died, try 2 of 3");
      CHECK(told <= 1);
      began_again = told == 1;
      if (!began_again) continue;
      CHECK(count_of(history, "Creating the manifest list") <= 2);
      CHECK(count_of(history, "The index image was pushed") == 1);
      const auto pull_spec = text_of(document, "index_image");
      CHECK(pull_spec == site.pull_spec(fmt::format("iib-build:{}", request)));
      CHECK(read_index(site.registry(), pull_spec).architectures() ==
            std::vector<std::string>{"amd64", "s390x"});
      CHECK(bundles_of(site.registry(), pull_spec) ==
            std::vector<std::string>{"heron-operator.v1.0.0", "otter-operator.v0.1.0"});
      CHECK(std::filesystem::is_empty(site.state() / "work"));
      CHECK(std::filesystem::is_empty(site.state() / "programs"));
    }
    CHECK(began_again);
  }
}

TEST_CASE("a request during which the daemon dies three times ends failed and says so", "[death]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  // It takes connections and never answers, so that the request is in this state at each death.
  const OwnPort silent;
  silent.listen(64);
  const auto bundle = fmt::format("127.0.0.1:{}/otter-operator:0.1.0", silent.number());
  std::int64_t request = 0;
  for (int life = 1; life <= 3; ++life) {
    auto daemon = make_life(site, life);
    daemon.start();
    if (life == 1) {
      request = submit(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64"}}));
      REQUIRE(reaches(daemon, request, "Resolving the bundles"));
    } else {
      const auto again = fmt::format(
          "Resolving the bundles (began again after the daemon died, try {} of 3)", life);
      REQUIRE(reaches(daemon, request, again));
    }
    daemon.kill();
  }

  auto daemon = make_life(site, 4);
  daemon.start();
  const auto document = daemon.wait_final(request);

  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(text_of(document, "state_reason"), Catch::Contains("died"));
  CHECK(site.registry().manifest("iib-build", std::to_string(request)).empty());
  CHECK(std::filesystem::is_empty(site.state() / "work"));
}

TEST_CASE("an orderly stop in the middle of a build counts no try, and the build is done later",
          "[death]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  const std::string one_try = "iib_max_tries: 1\n";  // a counted try would fail the request
  bool began_again = false;
  for (int life = 1; life < 2 * kEnds && !began_again; life += 2) {
    auto first = make_life(site, life, one_try);
    first.start();
    const auto request = submit_until_seen(
        first, site.add_body({bundle}, {.add_arches = {"amd64"}}), "Building the index image");

    CHECK(first.stop() == 0);
    CHECK(processes_of(site, life).empty());
    CHECK(std::filesystem::is_empty(site.state() / "work"));

    auto second = make_life(site, life + 1, one_try);
    second.start();
    const auto document = second.wait_final(request);
    const auto history = history_of(document);
    CAPTURE(history);
    CHECK(text_of(document, "state") == "complete");
    const auto told = count_of(history, "began again after the daemon was stopped");
    CHECK(told <= 1);
    began_again = told == 1;
    CHECK(bundles_of(site.registry(), text_of(document, "index_image")) ==
          std::vector<std::string>{"otter-operator.v0.1.0"});
  }
  CHECK(began_again);
}

}  // namespace iib::test
