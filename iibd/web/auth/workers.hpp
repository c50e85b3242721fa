#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace iib::web {

/// A few threads for what would hold up those that serve. What waits is bounded.
class Workers {
 public:
  /// Whether the work is to be done, or only its caller to be told that it will not be.
  enum class Turn { now, never };
  using Work = std::function<void(Turn)>;

  Workers(unsigned threads, std::size_t waiting);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();

  /// Calls `work` once: on a thread of its own, or at once with `never` when too much waits.
  void post(Work work);
  /// Finishes what runs and gives up what waits. Calling it again does nothing.
  void stop();

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] bool take_on(Work& work);

  std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Work> waiting_;
  bool stopped_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace iib::web
