#include "web/live.hpp"

#include "web/connection.hpp"

namespace iib::web {

void LiveConnections::add(const std::shared_ptr<Connection>& connection) {
  const std::scoped_lock lock{mutex_};
  open_.emplace(connection.get(), connection);
}

void LiveConnections::remove(const Connection* connection) {
  const std::scoped_lock lock{mutex_};
  open_.erase(connection);
  changed_.notify_all();
}

std::size_t LiveConnections::count() const {
  const std::scoped_lock lock{mutex_};
  return open_.size();
}

std::vector<std::shared_ptr<Connection>> LiveConnections::all_of(const Connections& some) const {
  const std::scoped_lock lock{mutex_};
  std::vector<std::shared_ptr<Connection>> connections;
  connections.reserve(some.size());
  for (const auto& [key, weak] : some) {
    if (auto connection = weak.lock()) connections.push_back(std::move(connection));
  }
  return connections;
}

std::shared_ptr<const void> LiveConnections::follow_states(
    const std::shared_ptr<Connection>& connection) {
  const std::scoped_lock lock{mutex_};
  following_.emplace(connection.get(), connection);
  return {connection.get(), [this](const Connection* which) {
            const std::scoped_lock leaving{mutex_};
            following_.erase(which);
          }};
}

void LiveConnections::wake_followers() {
  for (const auto& connection : all_of(following_)) connection->wake();
}

void LiveConnections::drain_all() {
  for (const auto& connection : all_of(open_)) connection->drain();
}

void LiveConnections::wait_until_empty(std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, limit, [this] { return open_.empty(); });
}

void LiveConnections::begin_waiting() {
  const std::scoped_lock lock{mutex_};
  ++waiting_;
}

void LiveConnections::end_waiting() {
  const std::scoped_lock lock{mutex_};
  --waiting_;
  changed_.notify_all();
}

void LiveConnections::wait_for_callbacks() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return waiting_ == 0; });
}

}  // namespace iib::web
