#pragma once

#include <functional>
#include <memory>

namespace iib::notify {

/// Tells those who follow events that there are new ones; what they are is read from the store.
/// Calls come from a thread of its own, so that who publishes never waits for who follows, and news
/// that come while a call runs are told together. Safe to use from any thread.
class EventHub {
 public:
  /// Ends the calls on destruction: none is running or will come after it. Not to be destroyed by
  /// the call itself, and not after the hub.
  using Subscription = std::shared_ptr<const void>;

  EventHub();
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;
  ~EventHub();

  /// There is something new. Does not block.
  void publish();
  /// Calls `wake` after each publish(), at least once for the last of them. It must be quick and
  /// must not throw: the next one waits for it.
  [[nodiscard]] Subscription subscribe(std::function<void()> wake);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::notify
