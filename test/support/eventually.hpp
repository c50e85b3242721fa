#pragma once

#include <chrono>
#include <thread>

namespace iib::test {

/// Waits until `condition` holds, at most `limit`; gives whether it came to hold. For what no
/// signal tells: the state of another process or thread as seen from outside.
template <class Condition>
bool eventually(std::chrono::milliseconds limit, Condition&& condition) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

}  // namespace iib::test
