#pragma once

#include "corpus.hpp"

namespace iib::bench {

/// One bundle added to an index of 650 bundles for four architectures: both engines and the tools'
/// commands side by side; on small bases and on some of the usual size.
void measure_add(const Corpus& corpus, int rounds);
/// The same by the embedded engine alone, for one architecture and for eight; with the payloads of
/// old bundles and without.
void measure_architectures(const Corpus& corpus, int rounds);
/// Sixteen requests for sixteen indexes: at once by the embedded engine, and one after another by
/// the tools engine.
void measure_load(const Corpus& corpus, int rounds);
/// A fragment taken into file-based indexes of two sizes by the embedded engine, for four
/// architectures: time, bytes pushed and memory.
void measure_fragments(const Corpus& corpus, int rounds);
/// The memory and time that an index database of 1 GB costs, beside what its bytes cost alone.
void measure_memory(const Corpus& corpus);

}  // namespace iib::bench
