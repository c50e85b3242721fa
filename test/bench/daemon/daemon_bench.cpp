// The whole daemon measured from outside: daemon_bench [start|http|add|all [ROUNDS]].

#include "parts.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <string_view>

int main(int argc, char** argv) {
  const std::string_view part = argc > 1 ? argv[1] : "all";
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  try {
    if (part == "start" || part == "all") iib::bench::measure_start(rounds);
    if (part == "http" || part == "all") iib::bench::measure_http(rounds);
    if (part == "add" || part == "all") iib::bench::measure_add(rounds);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
