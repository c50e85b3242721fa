#include "../../unit/store/bulk.hpp"
#include "load.hpp"
#include "parts.hpp"
#include "site.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

namespace iib::bench {
namespace {

using test::Daemon;
namespace fs = std::filesystem;

constexpr int kStored = 100'000;
constexpr int kPages = kStored / 20;

constexpr auto kGet = R"lua(
request = function()
  return wrk.format("GET", "/api/v1/builds/" .. math.random(1, {}))
end
)lua";

constexpr auto kPage = R"lua(
request = function()
  return wrk.format("GET", "/api/v1/builds?per_page=20&page=" .. math.random(1, {}))
end
)lua";

/// Filters in turn, with the last page that each has at least.
constexpr auto kFilteredPage = R"lua(
local filters = {
  "state=failed&page=500",
  "state=complete&page=4000",
  "request_type=fbc-operations&page=300",
  "request_type=create-empty-index&page=1",
  "user=user-7@REALM.EXAMPLE&page=200",
  "batch=1&page=90",
  "from_index=registry.example.com/catalog/index-03:v4&page=40",
  "from_index_startswith=registry.example.com/catalog/index-03&page=400",
  "index_image=registry.example.com/built/index:500&page=1",
  "state=failed&request_type=rm&user=user-7@REALM.EXAMPLE&page=1",
}
local at = 0
request = function()
  at = at % #filters + 1
  local last = tonumber(filters[at]:match("%d+$"))
  local target = filters[at]:gsub("%d+$", math.random(1, last))
  return wrk.format("GET", "/api/v1/builds?per_page=20&" .. target)
end
)lua";

constexpr auto kPost = R"lua(
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[{"bundles": ["registry.example.com/ops/bundle:1", "registry.example.com/ops/bundle:2"],
  "binary_image": "registry.example.com/tools/base:v1", "add_arches": ["amd64", "s390x"],
  "from_index": "registry.example.com/catalog/main:v1"}]]
)lua";

/// How many requests the daemon has.
long stored_in(const Daemon& daemon) {
  const auto answer = daemon.get("/api/v1/builds?per_page=1");
  return static_cast<long>(answer.json["meta"]["total"].GetInt64());
}

void print_row(const std::string& name, const std::string& connections, const Rates& rates) {
  fmt::print("{:26} {:>11} {:>28} {:>24} {:>24}\n", name, connections,
             rates.requests_a_second.text(0), rates.slowest.text(1), rates.microseconds.text(0));
}

/// All loads by all numbers of connections; the loads that write come last.
void measure_loads(const Daemon& daemon, int rounds) {
  const std::vector<Load> loads{
      {"GET /builds/{id}", "", fmt::format(kGet, kStored)},
      {"GET /builds, any page", "", fmt::format(kPage, kPages)},
      {"GET /builds, filtered", "", kFilteredPage},
      {"POST /builds/add, durable", "/api/v1/builds/add", kPost},
  };
  fmt::print("{:26} {:>11} {:>28} {:>24} {:>24}\n", "", "connections", "a second", "p99, ms",
             "processor, us each");
  for (const auto& load : loads) {
    const bool writes = !load.path.empty();
    for (const int connections : {16, 32, 64}) {
      Rates rates;
      for (int round = 0; round < rounds; ++round) {
        const auto before = writes ? stored_in(daemon) : 0;
        const auto answered = run_load(rates, daemon, load, connections);
        if (writes && stored_in(daemon) < before + answered) {
          throw std::runtime_error{"requests were accepted that are not stored"};
        }
      }
      print_row(load.name, fmt::format("{}", connections), rates);
    }
  }
}

}  // namespace

void measure_http(int rounds) {
  const TempDir directory{fs::temp_directory_path(), "bench-"};
  // No worker: what is submitted stays queued.
  Daemon daemon{directory.path() / "state",
                "login_disabled: true\niib_registry: registry.example.com\niib_queues: {iib: 0}\n"};
  daemon.start();
  daemon.stop();
  const auto begin = std::chrono::steady_clock::now();
  store::test::fill(daemon.state() / "iibd.db", kStored);
  constexpr double kMilliseconds = 1000;
  fmt::print(
      "{} requests stored in {:.1f} s; wrk with one thread on the same machine, rounds: {}\n",
      kStored, milliseconds_since(begin) / kMilliseconds, rounds);
  Sample flushes;
  flushes.add(flushes_a_second(directory.path()));
  daemon.start();
  measure_loads(daemon, rounds);
  flushes.add(flushes_a_second(directory.path()));
  fmt::print("the disk: {} flushes of 4 KiB a second, before and after\n", flushes.text(0));
  fmt::print("memory of the daemon now {:.1f} MB, at most {:.1f} MB\n",
             memory_of(daemon.pid(), "VmRSS"), memory_of(daemon.pid(), "VmHWM"));
  daemon.stop();
}

}  // namespace iib::bench
