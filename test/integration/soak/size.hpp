#pragma once

#include <string>
#include <vector>

namespace iib::test {

/// Whether slow tests run at their full size: IIBD_SOAK=1 wants it.
[[nodiscard]] bool long_run();

/// The seed of a test that chooses at random: IIBD_SOAK_SEED, or another each time. Printed.
[[nodiscard]] unsigned chosen_seed();

/// The image engines that a slow test runs with: all, or the one that IIBD_SOAK_ENGINE names.
[[nodiscard]] std::vector<std::string> soaked_engines();

}  // namespace iib::test
