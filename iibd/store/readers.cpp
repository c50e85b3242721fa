#include "store/readers.hpp"

#include <algorithm>

namespace iib::store {
namespace {

constexpr auto kBegin = "BEGIN";
constexpr auto kEnd = "ROLLBACK";

}  // namespace

Readers::Readers(std::filesystem::path database, int connections) : database_{std::move(database)} {
  const auto count = static_cast<std::size_t>(std::max(1, connections));
  idle_.reserve(count);
  for (std::size_t made = 0; made < count; ++made) {
    idle_.push_back(std::make_unique<Connection>(database_, Connection::Mode::read));
  }
}

std::unique_ptr<Connection> Readers::take() {
  std::unique_lock lock{mutex_};
  returned_.wait(lock, [this] { return !idle_.empty(); });
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void Readers::give_back(std::unique_ptr<Connection> connection) noexcept {
  {
    const std::scoped_lock lock{mutex_};
    idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

Readers::Snapshot::Snapshot(Connection& connection) : connection_{connection} {
  connection_.use(kBegin).run();
}

Readers::Snapshot::~Snapshot() {
  try {
    connection_.use(kEnd).run();
  } catch (const SQLite::Exception&) {
    // the failure that ended the transaction is on its way already
  }
}

}  // namespace iib::store
