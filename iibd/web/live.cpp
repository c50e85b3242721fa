#include "web/live.hpp"

#include "web/connection.hpp"

#include <vector>

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

void LiveConnections::drain_all() {
  std::vector<std::shared_ptr<Connection>> connections;
  {
    const std::scoped_lock lock{mutex_};
    for (const auto& [key, weak] : open_) {
      if (auto connection = weak.lock()) connections.push_back(std::move(connection));
    }
  }
  for (const auto& connection : connections) connection->drain();
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
