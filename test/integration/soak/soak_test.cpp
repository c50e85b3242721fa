// Ends the daemon at random moments under load and looks at what is left. The seed is printed;
// IIBD_SOAK_SEED repeats it (the moments, not the machine's timing). IIBD_SOAK=1: the full size.

#include "invariants.hpp"
#include "processes.hpp"
#include "size.hpp"
#include "takes.hpp"
#include "workload.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <csignal>
#include <memory>
#include <random>
#include <thread>

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kLife = "IIBD_TEST_LIFE";
const std::vector<std::string> kNothing;

struct Size {
  int deaths;
  int requests;
};

/// The lives of a daemon with one state directory, and the checks between them.
class Lives {
 public:
  Lives(Site& site, std::string configuration)
      : site_{site}, configuration_{site.configuration(configuration)} {}

  Daemon& begin() {
    log_seen_ = daemon_ ? daemon_->log().size() : 0;
    daemon_ =
        std::make_unique<Daemon>(site_.state(), configuration_,
                                 std::map<std::string, std::string>{{kLife, name_of(++number_)}});
    daemon_->start();
    CAPTURE(number_);
    // What a dead daemon left running has ended before any job is taken again.
    CHECK(processes_with(kLife, name_of(number_ - 1)).empty());
    return *daemon_;
  }

  /// Whatever way it died, what it left must be sound.
  void check_remains() {
    CAPTURE(number_);
    CHECK(broken_invariants(site_.state()) == kNothing);
    CHECK(takes_.read_life(daemon_->log().substr(log_seen_)) == kNothing);
    for (const auto& [queue, workers] : Workload::queues()) {
      CAPTURE(queue);
      CHECK(
          number_in(site_.state(),
                    fmt::format("SELECT count(*) FROM job WHERE state = 'running' AND queue = '{}'",
                                queue)) <= workers);
    }
  }

  /// What holds after an orderly stop, besides.
  void check_rest() {
    CHECK(processes_with(kLife, name_of(number_)).empty());
    CHECK(leftovers(site_.state()) == kNothing);
    CHECK(number_in(site_.state(), "SELECT count(*) FROM job WHERE state = 'running'") == 0);
  }

 private:
  [[nodiscard]] std::string name_of(int number) const {
    return fmt::format("{}-{}", site_.directory().string(), number);
  }

  Site& site_;
  std::string configuration_;
  std::unique_ptr<Daemon> daemon_;
  Takes takes_;
  std::size_t log_seen_ = 0;
  int number_ = 0;
};

/// A moment after the start: often in its first steps, else anywhere in a build.
std::chrono::milliseconds moment(std::mt19937& random) {
  const int bound = random() % 3 == 0 ? 300 : 4'000;
  return std::chrono::milliseconds{random() % static_cast<unsigned>(bound)};
}

/// As if one death had hit the moment when the engine's storage is swept, or written.
void leave_halfway(const Site& site) {
  if (std::filesystem::exists(site.state() / "layers")) {
    write_file_atomically(site.state() / "layers" / "scratch-killed", "half a layer");
  } else {
    std::filesystem::create_directories(site.state() / "containers" / "sweep-killed" / "scratch");
  }
}

/// Ends the daemon with `signal` `size.deaths` times while requests come in, then lets it finish,
/// and checks the ends of all requests.
void soak(Site& site, Lives& lives, const Size& size, int signal) {
  std::mt19937 random{chosen_seed()};
  auto* daemon = &lives.begin();
  Workload workload{site, *daemon};
  REQUIRE(daemon->stop(60s) == 0);
  lives.check_remains();

  for (int death = 0, sent = 0; death < size.deaths; ++death) {
    daemon = &lives.begin();
    const auto delay = moment(random);
    const std::jthread killer{[pid = daemon->pid(), delay, signal] {
      std::this_thread::sleep_for(delay);
      ::kill(pid, signal);
    }};
    for (; sent < size.requests * (death + 1) / size.deaths; ++sent) {
      workload.submit(*daemon, random() % workload.kinds());
    }
    if (signal == SIGKILL) {
      REQUIRE(daemon->wait_end(60s) == -1);
    } else {
      REQUIRE(daemon->wait_end(60s) == 0);
      lives.check_rest();
    }
    lives.check_remains();
  }

  leave_halfway(site);
  daemon = &lives.begin();
  for (std::size_t kind = 0; kind < workload.kinds(); ++kind) workload.submit(*daemon, kind);
  CHECK(workload.wrong_ends(*daemon) == kNothing);
  REQUIRE(daemon->stop(60s) == 0);
  lives.check_remains();
  lives.check_rest();
}

}  // namespace

TEST_CASE("requests come to their right end however often the daemon is killed meanwhile",
          "[soak]") {
  IIBD_NEEDS_TOOLS();
  Site site{{"amd64", "arm64", "ppc64le", "s390x"}};
  site.use_image_engine(GENERATE(from_range(soaked_engines())));
  Lives lives{site, Workload::configuration() + "iib_max_tries: 1000\n"};

  soak(site, lives, long_run() ? Size{200, 100} : Size{6, 8}, SIGKILL);

  // Every claim but the last of a job ended with a death, and each such death was counted.
  CHECK(number_in(site.state(), "SELECT count(*) FROM job WHERE claim <> tries + 1") == 0);
}

TEST_CASE(
    "requests come to their right end, and no try is counted, however often the daemon is stopped",
    "[soak]") {
  IIBD_NEEDS_TOOLS();
  Site site{{"amd64", "arm64", "ppc64le", "s390x"}};
  site.use_image_engine(GENERATE(from_range(soaked_engines())));
  Lives lives{site, Workload::configuration() + "iib_max_tries: 1\n"};

  soak(site, lives, long_run() ? Size{100, 50} : Size{4, 6}, SIGTERM);

  CHECK(number_in(site.state(), "SELECT count(*) FROM job WHERE tries <> 0") == 0);
}

}  // namespace iib::test
