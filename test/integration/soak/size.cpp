#include "size.hpp"

#include <cstdlib>
#include <iostream>
#include <random>
#include <string_view>

namespace iib::test {

bool long_run() {
  const char* wanted = std::getenv("IIBD_SOAK");
  return wanted != nullptr && std::string_view{wanted} == "1";
}

unsigned chosen_seed() {
  const char* wanted = std::getenv("IIBD_SOAK_SEED");
  const auto seed = wanted != nullptr ? static_cast<unsigned>(std::stoul(wanted))
                                      : static_cast<unsigned>(std::random_device{}());
  std::cout << "IIBD_SOAK_SEED=" << seed << '\n' << std::flush;
  return seed;
}

std::vector<std::string> soaked_engines() {
  const char* wanted = std::getenv("IIBD_SOAK_ENGINE");
  return wanted != nullptr ? std::vector<std::string>{wanted}
                           : std::vector<std::string>{"tools", "embedded"};
}

}  // namespace iib::test
