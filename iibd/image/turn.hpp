#pragma once

#include "iib/base/cancellation.hpp"

#include <condition_variable>
#include <mutex>
#include <string_view>

namespace iib::image {

/// Something that only one at a time may do and that takes long, so that waiting for it hears
/// cancellation, which a mutex does not. Safe to use from any thread.
class Turns {
 public:
  /// The right to do it, while it lives.
  class Turn {
   public:
    /// Waits. Throws as Cancellation::check() does; `what` names the step.
    Turn(Turns& turns, const Cancellation& cancellation, std::string_view what) : turns_{turns} {
      std::unique_lock lock{turns_.mutex_};
      const bool free = turns_.ended_.wait_until(lock, cancellation.stop(), cancellation.deadline(),
                                                 [this] { return !turns_.taken_; });
      if (!free) cancellation.check(what);
      turns_.taken_ = true;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      {
        const std::scoped_lock lock{turns_.mutex_};
        turns_.taken_ = false;
      }
      turns_.ended_.notify_one();
    }

   private:
    Turns& turns_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable_any ended_;
  bool taken_ = false;
};

}  // namespace iib::image
