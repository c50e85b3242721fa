#include "child.hpp"
#include "engine_call.hpp"
#include "measure.hpp"
#include "parts.hpp"

#include <fmt/format.h>

namespace iib::bench {
using catalog::UpdateMode;
namespace fs = std::filesystem;

void measure_corpus(const Corpus& corpus, int rounds) {
  const auto bundles = corpus.all();
  const auto steps = corpus.one_by_one();
  Sample once;
  Sample once_processor;
  Sample each;
  Sample each_processor;
  Sample ratios;
  Sample processor_ratios;
  for (int round = 0; round <= rounds; ++round) {
    const TempDir directory{fs::temp_directory_path(), "iibd-bench-"};
    const auto together =
        cost_of([&] { static_cast<void>(add({}, bundles, UpdateMode::semver, directory.path())); });
    const auto apart = cost_of([&] { static_cast<void>(add_one_by_one(steps, directory.path())); });
    if (round == 0) continue;  // reads the corpus into the page cache
    once.add(together.milliseconds);
    once_processor.add(together.processor_milliseconds);
    each.add(apart.milliseconds);
    each_processor.add(apart.processor_milliseconds);
    ratios.add(apart.milliseconds / together.milliseconds);
    processor_ratios.add(apart.processor_milliseconds / together.processor_milliseconds);
  }
  fmt::print("{} bundles in one call, mode semver: {} ms, processor {} ms (aim: under 3000)\n",
             bundles.size(), once.text(0), once_processor.text(0));
  fmt::print("one call each, {} calls, mode replaces: {} ms, processor {} ms\n", steps.size(),
             each.text(0), each_processor.text(0));
  fmt::print("one call each / one call: {}, processor {} (aim: at most 2, or 6000 ms)\n",
             ratios.text(2), processor_ratios.text(2));
}

}  // namespace iib::bench
