#include "index.hpp"
#include "measure.hpp"
#include "parts.hpp"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

namespace iib::bench {
namespace {

using test::Daemon;
using test::Site;

constexpr int kIndexes = 16;
constexpr int kBundles = 650;
const std::vector<std::string> kArchitectures{"amd64", "arm64", "ppc64le", "s390x"};

/// Milliseconds until the last of `bodies`, all submitted at once, has ended complete.
double all_of(const Daemon& daemon, const std::vector<std::string>& bodies) {
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::int64_t> requests;
  for (const auto& body : bodies) requests.push_back(test::submit(daemon, "add", body));
  for (const auto request : requests) {
    const auto document = daemon.wait_final(request, std::chrono::minutes{10});
    if (test::text_of(document, "state") != "complete") {
      throw std::runtime_error{test::text_of(document, "state_reason")};
    }
  }
  return milliseconds_since(begun);
}

}  // namespace

void measure_load(const Corpus& corpus, int rounds) {
  Site site{kArchitectures};
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  std::vector<std::string> bodies;
  {
    const TempDir directory{site.directory(), "index-"};
    const auto database = make_database(corpus, kBundles, Payloads::cleared, directory.path());
    for (int i = 0; i < kIndexes; ++i) {
      const auto index = push_index(site, database, kArchitectures, fmt::format("index-{}", i));
      bodies.push_back(site.add_body({bundle}, {.from_index = index}));
    }
  }
  const auto configured = [&](std::string_view engine, int workers) {
    return site.configuration(
        fmt::format("{}iib_queues: {{iib: {}}}\n", with_engine(engine), workers));
  };
  Daemon embedded{site.directory() / "embedded", configured("embedded", kIndexes)};
  Daemon tools{site.directory() / "tools", configured("tools", 1)};
  embedded.start();
  tools.start();
  Sample at_once;
  Sample in_turn;
  Sample ratio;
  for (int round = 0; round <= rounds; ++round) {
    const auto ours = all_of(embedded, bodies);
    const auto theirs = all_of(tools, bodies);
    if (round == 0) continue;  // fetches indexes and bases
    at_once.add(ours);
    in_turn.add(theirs);
    ratio.add(theirs / ours);
  }
  fmt::print(
      "{} indexes: at once by embedded {} ms, one after another by tools {} ms, ratio {} (aim: at "
      "least 5); memory at most {:.0f} MB\n",
      kIndexes, at_once.text(0), in_turn.text(0), ratio.text(1),
      memory_of(embedded.pid(), "VmHWM"));
}

}  // namespace iib::bench
