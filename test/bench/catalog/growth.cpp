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
  auto index = add_one_by_one(bundles.before, directory);
  multiply_packages(index, count);
  if (payloads == Payloads::kept) return index;
  // A call without bundles clears, as any call of this mode does.
  auto cleared = add(index, {}, UpdateMode::semver, directory);
  fs::remove(index);
  return cleared;
}

struct Size {
  int bundles;
  Payloads payloads;
  fs::path index = {};
  Sample wall = {};
  Sample processor = {};
  Sample wall_copy = {};
  double peak = 0;
};

std::string_view name_of(Payloads payloads) {
  return payloads == Payloads::kept ? "kept" : "cleared";
}

void print(const Size& size) {
  constexpr double kMiB = 1 << 20;
  fmt::print(
      "  {:6} bundles, payloads {:7} ({:6.1f} MiB): {} ms, processor {} ms, peak {:.1f} MiB; a "
      "copy "
      "changed: {} ms\n",
      size.bundles, name_of(size.payloads), static_cast<double>(fs::file_size(size.index)) / kMiB,
      size.wall.text(1), size.processor.text(1), size.peak, size.wall_copy.text(0));
}

/// One bundle added to a copy of the database, and to the database itself.
void measure(Size& size, const Step& bundle, const fs::path& directory, bool counts) {
  const TempDir own{directory, "call-"};
  const auto changed = own.path() / "changed.db";
  const auto copying = cost_of(
      [&] { static_cast<void>(add(size.index, bundle, UpdateMode::replaces, own.path())); });
  fs::copy_file(size.index, changed);
  sync_file(changed);
  const auto cost = cost_of([&] {
    static_cast<void>(add(changed, bundle, UpdateMode::replaces, own.path(), SourceUse::in_place));
  });
  if (!counts) return;
  size.wall_copy.add(copying.milliseconds);
  size.wall.add(cost.milliseconds);
  size.processor.add(cost.processor_milliseconds);
  size.peak = std::max(size.peak, cost.peak_mib);
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
    for (auto& size : sizes) measure(size, bundles.last, directory.path(), round > 0);
  }
  fmt::print("one bundle added in place, mode replaces (aim at 650: under 100 ms)\n");
  for (const auto& size : sizes) print(size);
  constexpr std::size_t kRows = sizes.size() / 2;
  for (const std::size_t first : {std::size_t{0}, kRows}) {
    const auto& thousand = sizes[first + 1];
    const auto& ten_thousand = sizes[first + 2];
    fmt::print("  10,000 / 1,000, payloads {}: {:.2f}, processor {:.2f} (aim: at most 3)\n",
               name_of(thousand.payloads), ten_thousand.wall.median() / thousand.wall.median(),
               ten_thousand.processor.median() / thousand.processor.median());
  }
}

}  // namespace iib::bench
