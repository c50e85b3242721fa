#include "../../unit/store/bulk.hpp"
#include "measure.hpp"
#include "parts.hpp"
#include "site.hpp"

#include <fmt/format.h>

#include <fstream>
#include <regex>
#include <stdexcept>

namespace iib::bench {
namespace {

using test::Daemon;
namespace fs = std::filesystem;

constexpr auto kGet = R"lua(
request = function()
  return wrk.format("GET", "/api/v1/builds/" .. math.random(1, {}))
end
)lua";

constexpr auto kPost = R"lua(
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[{"bundles": ["registry.example.com/ops/bundle:1", "registry.example.com/ops/bundle:2"],
  "binary_image": "registry.example.com/tools/base:v1", "add_arches": ["amd64", "s390x"],
  "from_index": "registry.example.com/catalog/main:v1"}]]
)lua";

/// What rounds of wrk measured.
struct Rates {
  Sample requests_a_second;
  /// Processor time of the daemon for each request, which other work on the machine changes little.
  Sample microseconds;
};

/// One round. Throws if any request was answered by anything but 2xx.
void run_wrk(Rates& rates, const Daemon& daemon, const fs::path& script, const std::string& path) {
  constexpr double kMicro = 1e6;
  const auto before = processor_seconds_of(daemon.pid());
  const auto output = output_of(fmt::format("wrk -t1 -c32 -d5s -s {} http://127.0.0.1:{}{}",
                                            script.string(), daemon.port(), path));
  const auto used = processor_seconds_of(daemon.pid()) - before;
  std::smatch rate;
  std::smatch count;
  if (output.find("Non-2xx") != std::string::npos ||
      !std::regex_search(output, rate, std::regex{R"(Requests/sec:\s+([\d.]+))"}) ||
      !std::regex_search(output, count, std::regex{R"((\d+) requests in)"})) {
    throw std::runtime_error{"wrk says:\n" + output};
  }
  rates.requests_a_second.add(std::stod(rate[1]));
  rates.microseconds.add(used * kMicro / std::stod(count[1]));
}

void print(const std::string& name, const Rates& rates) {
  fmt::print("{}: {} a second; {} us of processor time each\n", name,
             rates.requests_a_second.text(0), rates.microseconds.text(0));
}

void measure(int stored, int rounds) {
  const TempDir directory{fs::temp_directory_path(), "bench-"};
  const auto get = directory.path() / "get.lua";
  const auto post = directory.path() / "post.lua";
  std::ofstream{get} << fmt::format(kGet, stored);
  std::ofstream{post} << kPost;
  // No worker: what is submitted stays queued.
  Daemon daemon{directory.path() / "state",
                "login_disabled: true\niib_registry: registry.example.com\niib_queues: {iib: 0}\n"};
  daemon.start();
  daemon.stop();
  store::test::fill(daemon.state() / "iibd.db", stored);
  daemon.start();

  Rates reading;
  for (int round = 0; round < rounds; ++round) run_wrk(reading, daemon, get, "");
  print(fmt::format("GET /builds/{{id}}, {} stored", stored), reading);
  Rates submitting;
  for (int round = 0; round < rounds; ++round) {
    run_wrk(submitting, daemon, post, "/api/v1/builds/add");
  }
  print(fmt::format("POST /builds/add, {} stored at first, durable", stored), submitting);
  fmt::print("memory now {:.1f} MB, at most {:.1f} MB\n", memory_of(daemon.pid(), "VmRSS"),
             memory_of(daemon.pid(), "VmHWM"));
  daemon.stop();
}

}  // namespace

void measure_http(int rounds) {
  constexpr int kFew = 10;
  constexpr int kMany = 100'000;
  measure(kFew, rounds);
  measure(kMany, rounds);
}

}  // namespace iib::bench
