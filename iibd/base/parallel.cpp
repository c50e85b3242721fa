#include "iib/base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace iib {

void in_parallel(std::size_t count, std::size_t threads,
                 const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::exception_ptr failure;
  std::size_t failed_at = 0;
  const auto take_turns = [&] {
    for (auto i = next++; i < count && !failed; i = next++) {
      try {
        work(i);
      } catch (...) {  // of whatever kind: it is thrown on in the caller's thread
        const std::scoped_lock lock{mutex};
        if (!failure || i < failed_at) {
          failure = std::current_exception();
          failed_at = i;
        }
        failed = true;
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < std::min(count, threads); ++i) helpers.emplace_back(take_turns);
    take_turns();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace iib
