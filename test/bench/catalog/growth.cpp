#include "child.hpp"
#include "engine_call.hpp"
#include "measure.hpp"
#include "parts.hpp"

#include <fmt/format.h>

#include <array>

namespace iib::bench {
namespace {

namespace fs = std::filesystem;
using catalog::UpdateMode;

/// Whether bundles below the heads still have their payloads.
enum class Payloads { kept, cleared };

/// The corpus but the bundle that is added later, multiplied.
fs::path grown(const OneLeft& bundles, int count, Payloads payloads, const fs::path& directory) {
  std::optional<fs::path> index;
  for (const auto& step : bundles.before) {
    auto next = add(index, step, UpdateMode::replaces, directory);
    if (index) fs::remove(*index);
    index = std::move(next);
  }
  multiply_packages(*index, count);
  if (payloads == Payloads::kept) return *index;
  // A call without bundles clears, as any call of this mode does.
  auto cleared = add(index, {}, UpdateMode::semver, directory);
  fs::remove(*index);
  return cleared;
}

struct Size {
  int bundles;
  Payloads payloads;
  fs::path index = {};
  Sample wall = {};
  Sample processor = {};
  double peak = 0;
};

void print(const Size& size) {
  constexpr double kMiB = 1 << 20;
  fmt::print(
      "  {:6} bundles, payloads {:7} ({:7.1f} MiB): {} ms, processor {} ms, peak {:.1f} MiB\n",
      size.bundles, size.payloads == Payloads::kept ? "kept" : "cleared",
      static_cast<double>(fs::file_size(size.index)) / kMiB, size.wall.text(1),
      size.processor.text(1), size.peak);
}

}  // namespace

void measure_growth(const Corpus& corpus, int rounds) {
  const TempDir directory{fs::temp_directory_path(), "iibd-bench-"};
  const auto bundles = leave_one(corpus);
  std::array sizes{
      Size{650, Payloads::kept},    Size{1'000, Payloads::kept},    Size{10'000, Payloads::kept},
      Size{650, Payloads::cleared}, Size{1'000, Payloads::cleared}, Size{10'000, Payloads::cleared},
  };
  for (auto& size : sizes) {
    size.index = grown(bundles, size.bundles, size.payloads, directory.path());
  }
  for (int round = 0; round <= rounds; ++round) {
    for (auto& size : sizes) {
      const TempDir own{directory.path(), "call-"};
      const auto cost = cost_of([&] {
        static_cast<void>(add(size.index, bundles.last, UpdateMode::replaces, own.path()));
      });
      if (round == 0) continue;
      size.wall.add(cost.milliseconds);
      size.processor.add(cost.processor_milliseconds);
      size.peak = std::max(size.peak, cost.peak_mib);
    }
  }
  fmt::print("one bundle added, mode replaces (aim at 650: under 100 ms)\n");
  for (const auto& size : sizes) print(size);
  for (const std::size_t first : {0U, 3U}) {
    fmt::print("  10,000 / 1,000, payloads {}: {:.2f}, processor {:.2f} (aim: at most 3)\n",
               first == 0 ? "kept" : "cleared",
               sizes[first + 2].wall.median() / sizes[first + 1].wall.median(),
               sizes[first + 2].processor.median() / sizes[first + 1].processor.median());
  }
}

}  // namespace iib::bench
