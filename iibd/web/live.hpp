#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace iib::web {

class Connection;

/// The connections that are open, and the answers that wait for the store's writer. Safe to use
/// from any thread.
class LiveConnections {
 public:
  void add(const std::shared_ptr<Connection>& connection);
  void remove(const Connection* connection);
  [[nodiscard]] std::size_t count() const;

  /// Asks every connection to end once it has nothing under way.
  void drain_all();
  /// Waits until none is open, at most `limit`.
  void wait_until_empty(std::chrono::milliseconds limit);

  /// An answer waits for a callback from another thread.
  void begin_waiting();
  /// The callback has been here.
  void end_waiting();
  /// Waits for every such callback: after that nobody calls into the server any more.
  void wait_for_callbacks();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<const Connection*, std::weak_ptr<Connection>> open_;
  std::size_t waiting_ = 0;
};

}  // namespace iib::web
