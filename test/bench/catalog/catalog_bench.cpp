// The embedded engine measured: catalog_bench [corpus|fbc|growth|memory|opm|all [ROUNDS]].

#include "parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <string_view>

int main(int argc, char** argv) {
  const std::string_view part = argc > 1 ? argv[1] : "all";
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  constexpr std::array<std::string_view, 6> kParts{"all",    "corpus", "fbc",
                                                   "growth", "memory", "opm"};
  if (std::find(kParts.begin(), kParts.end(), part) == kParts.end()) {
    fmt::print(stderr, "usage: catalog_bench [all|corpus|fbc|growth|memory|opm [ROUNDS]]\n");
    return EXIT_FAILURE;
  }
  try {
    const auto corpus = iib::bench::Corpus::find();
    if (!corpus) {
      fmt::print("skipped: the shared bundles are not there (IIBD_SHARED)\n");
      return EXIT_SUCCESS;
    }
    const auto wanted = [&](std::string_view name) { return part == name || part == "all"; };
    if (wanted("corpus")) iib::bench::measure_corpus(*corpus, rounds);
    if (wanted("fbc")) iib::bench::measure_fbc(*corpus, rounds);
    if (wanted("growth")) iib::bench::measure_growth(*corpus, rounds);
    if (wanted("memory")) iib::bench::measure_memory(*corpus);
    if (wanted("opm")) iib::bench::measure_opm(*corpus, rounds);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
