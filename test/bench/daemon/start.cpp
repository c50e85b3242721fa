#include "../../unit/store/bulk.hpp"
#include "measure.hpp"
#include "parts.hpp"
#include "site.hpp"

#include <fmt/format.h>

namespace iib::bench {
namespace {

using test::Daemon;

constexpr auto kConfiguration =
    "login_disabled: true\niib_registry: registry.example.com\niib_queues: {iib: 0}\n";

void measure(const char* name, const std::filesystem::path& state, int rounds, bool new_state) {
  Sample listening;
  Sample memory;
  for (int round = 0; round < rounds; ++round) {
    if (new_state) std::filesystem::remove_all(state);
    Daemon daemon{state, kConfiguration};
    const auto begin = std::chrono::steady_clock::now();
    daemon.start();
    listening.add(milliseconds_since(begin));
    constexpr int kSomeUse = 10;
    for (int id = 1; id <= kSomeUse; ++id) {
      static_cast<void>(daemon.get("/api/v1/builds/" + std::to_string(id)));
    }
    memory.add(memory_of(daemon.pid(), "VmRSS"));
    daemon.stop();
  }
  fmt::print("start, {}: listening after {} ms (seen within 5 ms); idle memory {} MB\n", name,
             listening.text(0), memory.text(1));
}

}  // namespace

void measure_start(int rounds) {
  const TempDir directory{std::filesystem::temp_directory_path(), "bench-"};
  const auto state = directory.path() / "state";
  measure("new state directory", state, rounds, true);
  constexpr int kStored = 100'000;
  store::test::fill(state / "iibd.db", kStored);
  measure("100000 stored requests", state, rounds, false);
}

}  // namespace iib::bench
