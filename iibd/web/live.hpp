#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace iib::web {

class Connection;

/// The connections that are open, and the answers that wait for the store's writer. Safe to use
/// from any thread.
class LiveConnections {
 public:
  void add(const std::shared_ptr<Connection>& connection);
  void remove(const Connection* connection);
  [[nodiscard]] std::size_t count() const;

  /// Has wake_followers() wake `connection` for as long as what is returned lives.
  [[nodiscard]] std::shared_ptr<const void> follow_states(
      const std::shared_ptr<Connection>& connection);
  /// There are new states.
  void wake_followers();

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
  using Connections = std::unordered_map<const Connection*, std::weak_ptr<Connection>>;

  [[nodiscard]] std::vector<std::shared_ptr<Connection>> all_of(const Connections& some) const;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Connections open_;
  /// Those of them that follow states.
  Connections following_;
  std::size_t waiting_ = 0;
};

}  // namespace iib::web
