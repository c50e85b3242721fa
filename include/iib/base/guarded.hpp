#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace iib {

/// A value and the lock that guards it as one thing. The lock is held for memory operations only.
template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  /// Runs `use(value)` under the lock and returns its result by value.
  template <class Use>
  auto with(Use&& use) {
    const std::scoped_lock lock{mutex_};
    return std::invoke(std::forward<Use>(use), value_);
  }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace iib
