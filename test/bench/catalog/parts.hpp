#pragma once

#include "corpus.hpp"

namespace iib::bench {

/// The whole corpus in one call and in one call each.
void measure_corpus(const Corpus& corpus, int rounds);
/// One bundle added to databases of several sizes.
void measure_growth(const Corpus& corpus, int rounds);
/// File-based catalogs of two sizes validated, and their caches made, beside `opm` from PATH.
void measure_fbc(const Corpus& corpus, int rounds);
/// The most memory that calls of several sizes take.
void measure_memory(const Corpus& corpus);
/// One bundle added to the same database by us and by `opm` from PATH.
void measure_opm(const Corpus& corpus, int rounds);

}  // namespace iib::bench
