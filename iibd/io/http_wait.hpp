#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/descriptor.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

namespace iib::io {

/// Every wait of one call on its socket: for a byte or for room, no longer than the idle timeout,
/// the call's limit, the deadline and the stop allow. Used by the thread of the call.
class HttpWait {
 public:
  /// What ended a wait before its time.
  enum class End { stopped, limit, idle };
  /// Which direction to wait for.
  enum class For { bytes, room, either };

  HttpWait(const Cancellation& cancellation, std::chrono::steady_clock::time_point limit);
  HttpWait(const HttpWait&) = delete;
  HttpWait& operator=(const HttpWait&) = delete;
  ~HttpWait() = default;

  /// Waits until `socket` has what is wanted or failed; false when the wait itself ended, see
  /// end().
  bool await(int socket, For wanted, std::chrono::milliseconds idle);
  /// Why a wait ended; nothing while none did.
  [[nodiscard]] std::optional<End> end() const noexcept { return end_; }
  /// How long a library may wait on its own account.
  [[nodiscard]] std::chrono::milliseconds at_most(std::chrono::milliseconds idle) const;
  /// While a library waits on `socket` by itself: a stop ends the connection, which it notices.
  void lend(int socket);
  /// The library has given the socket back.
  void take_back();

 private:
  void stop() noexcept;

  Cancellation cancellation_;
  std::chrono::steady_clock::time_point limit_;
  Descriptor stopped_;  ///< An event, so that poll() hears the stop.
  std::mutex mutex_;
  Descriptor
      lent_;  ///< A duplicate: the number of the library's own may be somebody else's by then.
  std::optional<End> end_;
  /// Last, so that stop() never meets members that are gone.
  std::optional<std::stop_callback<std::function<void()>>> heard_;
};

}  // namespace iib::io
