#pragma once

#include "store/connection.hpp"

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace iib::store {

/// Connections that only read: each reading gets one for itself and sees one moment of the
/// database. Safe to use from any thread; a reading waits while all connections are in use.
class Readers {
 public:
  Readers(std::filesystem::path database, int connections);

  /// Runs `read(connection)` in a read transaction and returns its result.
  template <class Read>
  auto with(Read&& read) {
    return translating_errors(database_, [&] {
      const Lease lease{*this};
      const Snapshot snapshot{lease.connection()};
      return std::invoke(read, lease.connection());
    });
  }

 private:
  /// Holds a connection of the pool.
  class Lease {
   public:
    explicit Lease(Readers& readers) : readers_{readers}, connection_{readers.take()} {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { readers_.give_back(std::move(connection_)); }
    [[nodiscard]] Connection& connection() const noexcept { return *connection_; }

   private:
    Readers& readers_;
    std::unique_ptr<Connection> connection_;
  };

  /// A read transaction.
  class Snapshot {
   public:
    explicit Snapshot(Connection& connection);
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    ~Snapshot();

   private:
    Connection& connection_;
  };

  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection> connection) noexcept;

  std::filesystem::path database_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;  // reserved for all: giving back never allocates
};

}  // namespace iib::store
