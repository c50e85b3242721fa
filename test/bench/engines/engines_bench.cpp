// Both image engines, measured over REST: engines_bench [add|architectures|fragments|load|
// memory|all [ROUNDS]].

#include "parts.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <string_view>

int main(int argc, char** argv) {
  const std::string_view part = argc > 1 ? argv[1] : "all";
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  try {
    const auto corpus = iib::bench::Corpus::find();
    if (!corpus) {
      fmt::print("IIBD_SHARED does not name the shared bundles: nothing to measure\n");
      return EXIT_SUCCESS;
    }
    if (part == "add" || part == "all") iib::bench::measure_add(*corpus, rounds);
    if (part == "architectures" || part == "all") {
      iib::bench::measure_architectures(*corpus, rounds);
    }
    if (part == "fragments" || part == "all") iib::bench::measure_fragments(*corpus, rounds);
    if (part == "load" || part == "all") iib::bench::measure_load(*corpus, rounds);
    if (part == "memory" || part == "all") iib::bench::measure_memory(*corpus);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
