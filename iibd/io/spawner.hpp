#pragma once

#include "iib/base/descriptor.hpp"
#include "iib/io/process.hpp"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <thread>

namespace iib::io {

/// A child that was started, and our ends of its pipes.
struct Child {
  pid_t pid = 0;
  Descriptor output;
  Descriptor error_output;
};

/// The one thread that forks. PR_SET_PDEATHSIG fires when the *thread* that forked ends, so it must
/// not be a worker's: this one lives as long as the runner. Safe to call from any thread.
class Spawner {
 public:
  /// `mark` is handed to every child in its environment.
  explicit Spawner(std::string mark);
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;
  ~Spawner() = default;

  /// Starts `program` as the leader of a new process group. Throws ExternalError naming it and the
  /// cause.
  [[nodiscard]] Child start(const Program& program);

 private:
  using Task = std::packaged_task<Child()>;

  void serve(const std::stop_token& stop);

  std::string mark_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Task> tasks_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace iib::io
