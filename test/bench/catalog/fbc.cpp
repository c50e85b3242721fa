#include "iib/catalog/fbc.hpp"

#include "child.hpp"
#include "file_catalog.hpp"
#include "iib/base/files.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/embedded_engine.hpp"
#include "iib/catalog/fbc_cache.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "measure.hpp"
#include "parts.hpp"
#include "registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace iib::bench {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

constexpr double kMiB = 1 << 20;
constexpr double kMegabyte = 1e6;
/// Bytes of the catalogs that are measured.
constexpr std::uintmax_t kSmall = 45'000'000;
constexpr std::uintmax_t kLarge = 450'000'000;

/// The largest package has its directory for itself.
std::uintmax_t largest_package(const fs::path& root) {
  std::uintmax_t largest = 0;
  for (const auto& entry : fs::directory_iterator{root}) {
    largest = std::max(largest, bytes_below(entry.path()));
  }
  return largest;
}

/// What is compared, under the name of the reference's own command.
struct Operation {
  std::string_view name;
  std::function<void()> ours;
  std::vector<std::string> theirs;
};

/// The costs of one side, over the rounds.
struct Costs {
  Sample milliseconds = {};
  Sample peak = {};

  void add(const Cost& cost) {
    milliseconds.add(cost.milliseconds);
    peak.add(cost.peak_mib);
  }
};

/// Replaces one package, as a request of fbc-operations does.
void take_one_fragment(const fs::path& root) {
  const TempDir directory{root.parent_path(), "fragment-"};
  const fs::directory_iterator first{root};
  const auto package = first->path().filename();
  const auto fragment = directory.path() / "configs";
  fs::create_directory(fragment);
  fs::copy(root / package, fragment / package, fs::copy_options::recursive);
  catalog::EmbeddedEngine engine;
  const std::vector<fbc::Fragment> fragments{{.name = "fragment", .directory = fragment}};
  static_cast<void>(fbc::take_fragments({.kind = catalog::CatalogKind::file_based, .path = root},
                                        fragments, engine, {},
                                        {.directory = directory.path(),
                                         .log = Log{make_null_sink(), "bench", LogLevel::error},
                                         .cancellation = {}}));
}

std::vector<Operation> operations(const fs::path& root, const fs::path& cache) {
  return {{"validate",
           [root] {
             if (!fbc::validate(root).problems.empty()) throw std::runtime_error{"no catalog"};
           },
           {"opm", "validate", root.string()}},
          {"cache",
           [root, cache] {
             fs::remove_all(cache);
             fbc::write_cache(root, cache);
           },
           {"opm", "serve", root.string(), "--cache-dir", cache.string(), "--cache-only",
            "--termination-log", "/dev/null"}},
          {"fragment", [root] { take_one_fragment(root); }, {}}};
}

void measure(const Operation& operation, const fs::path& cache, int rounds, bool have_opm) {
  Costs ours;
  Costs theirs;
  Sample ratio;
  for (int round = 0; round < rounds; ++round) {
    const auto mine = cost_of(operation.ours);
    ours.add(mine);
    if (!have_opm || operation.theirs.empty()) continue;
    fs::remove_all(cache);
    fs::create_directory(cache);
    const auto reference = cost_of_program(operation.theirs);
    theirs.add(reference);
    ratio.add(reference.milliseconds / mine.milliseconds);
  }
  fmt::print("  {:8} {} ms, most memory {} MiB\n", operation.name, ours.milliseconds.text(0),
             ours.peak.text(0));
  if (!have_opm || operation.theirs.empty()) return;
  fmt::print(
      "           opm {} ms, {} MiB: {} times the time (aim: 5), {:.1f} times the memory (aim: "
      "2)\n",
      theirs.milliseconds.text(0), theirs.peak.text(0), ratio.text(1),
      theirs.peak.median() / ours.peak.median());
}

void measure(const Corpus& corpus, std::uintmax_t bytes, int rounds, bool have_opm) {
  const TempDir directory{fs::temp_directory_path(), "iibd-bench-"};
  const auto root = make_catalog(corpus, bytes, directory.path());
  const auto cache = directory.path() / "cache";
  fmt::print("a file-based catalog of {:.0f} MB, the largest package {:.1f} MiB\n",
             static_cast<double>(bytes_below(root)) / kMegabyte,
             static_cast<double>(largest_package(root)) / kMiB);
  for (const auto& operation : operations(root, cache)) {
    measure(operation, cache, rounds, have_opm);
  }
}

}  // namespace

void measure_fbc(const Corpus& corpus, int rounds) {
  const bool have_opm = test::have_programs({"opm"});
  if (!have_opm) fmt::print("opm is not on PATH: measured without it\n");
  measure(corpus, kSmall, rounds, have_opm);
  measure(corpus, kLarge, 1, false);
}

}  // namespace iib::bench
