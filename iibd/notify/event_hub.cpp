#include "iib/notify/event_hub.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace iib::notify {

class EventHub::Impl {
 public:
  void publish() {
    {
      const std::scoped_lock lock{mutex_};
      news_ = true;
    }
    changed_.notify_all();
  }

  Subscription subscribe(std::function<void()> wake) {
    // Its address names the subscription.
    const auto kept = std::make_shared<const std::function<void()>>(std::move(wake));
    const std::scoped_lock lock{mutex_};
    wakes_.push_back(kept);
    return {kept.get(), [this](const void* which) { leave(which); }};
  }

 private:
  using Wake = std::shared_ptr<const std::function<void()>>;

  void leave(const void* which) {
    std::unique_lock lock{mutex_};
    std::erase_if(wakes_, [&](const Wake& wake) { return wake.get() == which; });
    changed_.wait(lock, [&] { return running_.get() != which; });
  }

  void serve(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    while (changed_.wait(lock, stop, [this] { return news_; })) {
      news_ = false;
      for (const auto& wake : std::vector<Wake>{wakes_}) call(wake, lock);
    }
  }

  /// Unless it left meanwhile. Without the lock: it may subscribe others and publish.
  void call(const Wake& wake, std::unique_lock<std::mutex>& lock) {
    if (std::find(wakes_.begin(), wakes_.end(), wake) == wakes_.end()) return;
    running_ = wake;
    lock.unlock();
    (*wake)();
    lock.lock();
    running_.reset();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Wake> wakes_;
  Wake running_;
  bool news_ = false;
  std::jthread thread_{
      [this](const std::stop_token& stop) { serve(stop); }};  // last: uses the rest
};

EventHub::EventHub() : impl_{std::make_unique<Impl>()} {}

EventHub::~EventHub() = default;

void EventHub::publish() {
  impl_->publish();
}

EventHub::Subscription EventHub::subscribe(std::function<void()> wake) {
  return impl_->subscribe(std::move(wake));
}

}  // namespace iib::notify
