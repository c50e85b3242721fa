#include "load.hpp"

#include "iib/base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace iib::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kSeconds = 5;

/// Has wrk print what is read here, on a line of its own.
constexpr auto kReport = R"lua(
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("measured %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
)lua";

struct Measured {
  long requests = 0;
  double microseconds = 0;
  double slowest = 0;
  long errors = 0;
};

Measured parse(const std::string& output) {
  constexpr std::string_view kMark = "measured ";
  const auto at = output.rfind(kMark);
  Measured measured;
  std::istringstream fields{at == std::string::npos ? "" : output.substr(at + kMark.size())};
  fields >> measured.requests >> measured.microseconds >> measured.slowest >> measured.errors;
  if (!fields || measured.requests == 0 || measured.errors > 0) {
    throw std::runtime_error{"wrk says:\n" + output};
  }
  return measured;
}

}  // namespace

long run_load(Rates& rates, const test::Daemon& daemon, const Load& load, int connections) {
  constexpr double kMicro = 1e6;
  constexpr double kMicroInMilli = 1e3;
  const TempDir directory{fs::temp_directory_path(), "wrk-"};
  const auto script = directory.path() / "load.lua";
  std::ofstream{script} << load.script << kReport;

  const auto before = processor_seconds_of(daemon.pid());
  const auto measured =
      parse(output_of(fmt::format("wrk -t1 -c{} -d{}s -s {} http://127.0.0.1:{}{}", connections,
                                  kSeconds, script.string(), daemon.port(), load.path)));
  const auto used = processor_seconds_of(daemon.pid()) - before;

  const auto requests = static_cast<double>(measured.requests);
  rates.requests_a_second.add(requests * kMicro / measured.microseconds);
  rates.slowest.add(measured.slowest / kMicroInMilli);
  rates.microseconds.add(used * kMicro / requests);
  return measured.requests;
}

double flushes_a_second(const fs::path& directory) {
  constexpr double kMilliseconds = 1000;
  constexpr std::array<char, 4096> kPage{};
  const auto file = directory / "flushes";
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) throw std::runtime_error{"cannot write to " + file.string()};
  int flushes = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (milliseconds_since(begin) < kMilliseconds) {
    if (::write(descriptor, kPage.data(), kPage.size()) < 0 || ::fdatasync(descriptor) != 0) break;
    ++flushes;
  }
  const auto took = milliseconds_since(begin);
  ::close(descriptor);
  fs::remove(file);
  return flushes * kMilliseconds / took;
}

}  // namespace iib::bench
