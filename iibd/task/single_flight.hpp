#pragma once

#include "iib/base/cancellation.hpp"

#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace iib::task {

/// What was found under a key, looked for once however many ask at the same time. What was found is
/// kept; a failure reaches those that wait for it, and the next one looks again. Safe to share
/// between threads.
template <class Value>
class SingleFlight {
 public:
  /// Keeps what was found until it has `most_bytes` bytes together, told by `bytes_of(value)`.
  explicit SingleFlight(std::size_t most_bytes) : most_bytes_{most_bytes} {}

  /// What `look()` finds, called here unless another thread has found it or is about to. When that
  /// thread is cancelled, which is no answer, this one looks itself. `look` must not ask again.
  template <class Look>
  Value find(const std::string& key, const Cancellation& cancellation, Look look) {
    std::unique_lock lock{mutex_};
    for (;;) {
      if (const auto known = known_.find(key); known != known_.end()) return known->second;
      auto& begun = flights_[key];
      if (!begun) {
        begun = std::make_shared<Flight>();
        const auto flight = begun;
        lock.unlock();
        return lead(key, *flight, cancellation, look);
      }
      const auto flight = begun;
      ended_.wait_until(lock, cancellation.stop(), cancellation.deadline(),
                        [&] { return flight->ended; });
      if (!flight->ended) cancellation.check("looking up an image");
      if (flight->failure) std::rethrow_exception(flight->failure);
      if (flight->value) return *flight->value;
    }
  }

 private:
  struct Flight {
    bool ended = false;
    std::optional<Value> value;
    std::exception_ptr failure;
  };

  template <class Look>
  Value lead(const std::string& key, Flight& flight, const Cancellation& cancellation, Look& look) {
    try {
      Value value = look();
      end(key, flight, value, nullptr);
      return value;
    } catch (...) {  // of whatever kind: those that wait must hear of the end
      const bool interrupted = cancellation.stop().stop_requested() ||
                               std::chrono::steady_clock::now() >= cancellation.deadline();
      end(key, flight, std::nullopt, interrupted ? nullptr : std::current_exception());
      throw;
    }
  }

  void end(const std::string& key, Flight& flight, const std::optional<Value>& value,
           std::exception_ptr failure) {
    const std::scoped_lock lock{mutex_};
    flights_.erase(key);
    flight.ended = true;
    flight.value = value;
    flight.failure = std::move(failure);
    ended_.notify_all();
    if (!value) return;
    const auto bytes = key.size() + bytes_of(*value);
    if (bytes > most_bytes_ - bytes_) return;
    bytes_ += bytes;
    known_.emplace(key, *value);
  }

  const std::size_t most_bytes_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;
  std::map<std::string, Value> known_;
  std::size_t bytes_ = 0;
};

}  // namespace iib::task
