#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/guarded.hpp"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
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

/// Turns for each of many things, kept while somebody has them. Safe to use from any thread.
class TurnsByName {
 public:
  [[nodiscard]] std::shared_ptr<Turns> of(const std::string& name) {
    return all_.with([&](auto& all) {
      std::erase_if(all, [](const auto& entry) { return entry.second.expired(); });
      auto& place = all[name];
      auto turns = place.lock();
      if (!turns) place = turns = std::make_shared<Turns>();
      return turns;
    });
  }

 private:
  Guarded<std::map<std::string, std::weak_ptr<Turns>>> all_;
};

}  // namespace iib::image
