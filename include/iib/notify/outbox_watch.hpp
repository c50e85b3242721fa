#pragma once

#include "iib/base/guarded.hpp"
#include "iib/base/log.hpp"
#include "iib/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace iib::notify {

/// Looks now and then at how many messages wait in the outbox, over all channels. Above the limit
/// it warns, once until they are fewer again, and for as long the healthcheck says so.
class OutboxWatch {
 public:
  /// `limit`: `iib_outbox_warn`. `store` outlives it.
  OutboxWatch(const store::Store& store, std::int64_t limit, Log log,
              std::chrono::milliseconds every = std::chrono::seconds{10});
  OutboxWatch(const OutboxWatch&) = delete;
  OutboxWatch& operator=(const OutboxWatch&) = delete;
  ~OutboxWatch() = default;

  /// What the operator should know now; empty: all is well. Cheap, from any thread.
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  void watch(const std::stop_token& stop, std::chrono::milliseconds every);
  void look();
  void notice(const store::OutboxCounts& counts);

  const store::Store& store_;
  const std::int64_t limit_;
  const Log log_;
  bool above_ = false;
  bool set_aside_ = false;
  bool unreadable_ = false;
  mutable Guarded<std::vector<std::string>> warnings_;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace iib::notify
