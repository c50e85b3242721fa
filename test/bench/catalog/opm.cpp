#include "child.hpp"
#include "engine_call.hpp"
#include "measure.hpp"
#include "parts.hpp"
#include "registry.hpp"

#include <fmt/format.h>

namespace iib::bench {
namespace {

namespace fs = std::filesystem;
using catalog::UpdateMode;

constexpr int kBundles = 650;

/// Pushes a bundle of the corpus; its source with the pull specification that it has there.
catalog::BundleSource pushed(test::Registry& registry, const catalog::BundleSource& bundle) {
  const auto digest = registry.push("bench", "bundle", test::bundle_image(bundle.directory));
  auto source = bundle;
  source.pull_spec = fmt::format("{}/bench@{}", registry.address(), digest);
  return source;
}

}  // namespace

void measure_opm(const Corpus& corpus, int rounds) {
  if (!test::have_programs({"opm", "docker-registry"})) {
    fmt::print("skipped: opm and docker-registry are not on PATH\n");
    return;
  }
  const TempDir directory{fs::temp_directory_path(), "iibd-bench-"};
  test::Registry registry;
  const auto bundles = leave_one(corpus);
  const auto index = add_one_by_one(bundles.before, directory.path());
  multiply_packages(index, kBundles);
  const auto bundle = pushed(registry, bundles.last.front());

  Sample ours;
  Sample theirs;
  Sample ratios;
  Sample our_processor;
  Sample their_processor;
  Sample processor_ratios;
  for (int round = 0; round <= rounds; ++round) {
    const TempDir own{directory.path(), "call-"};
    const auto mine = own.path() / "iibd.db";
    fs::copy_file(index, mine);
    sync_file(mine);
    const auto our_cost = cost_of([&] {
      static_cast<void>(
          add(mine, std::span{&bundle, 1}, UpdateMode::replaces, own.path(), SourceUse::in_place));
    });
    const auto copy = own.path() / "opm.db";
    fs::copy_file(index, copy);
    sync_file(copy);
    const auto processor = processor_milliseconds_of_children();
    const auto start = std::chrono::steady_clock::now();
    output_of(fmt::format("cd {} && opm registry add --use-http -d {} -b {} 2>&1",
                          own.path().string(), copy.string(), bundle.pull_spec));
    const auto their_cost = milliseconds_since(start);
    const auto their_processor_cost = processor_milliseconds_of_children() - processor;
    if (round == 0) continue;
    ours.add(our_cost.milliseconds);
    theirs.add(their_cost);
    ratios.add(their_cost / our_cost.milliseconds);
    our_processor.add(our_cost.processor_milliseconds);
    their_processor.add(their_processor_cost);
    processor_ratios.add(their_processor_cost / our_cost.processor_milliseconds);
  }
  fmt::print(
      "one bundle added to {} bundles, in alternation: iibd {} ms, opm {} ms, {} times "
      "faster (aim: 20)\n",
      kBundles, ours.text(1), theirs.text(0), ratios.text(1));
  fmt::print("  processor: iibd {} ms, opm {} ms, {} times less\n", our_processor.text(1),
             their_processor.text(0), processor_ratios.text(1));
}

}  // namespace iib::bench
