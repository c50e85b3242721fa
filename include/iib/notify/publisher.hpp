#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/log.hpp"
#include "iib/base/retry.hpp"
#include "iib/notify/carrier.hpp"
#include "iib/store/store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace iib::notify {

/// What a publisher needs to know.
struct PublisherOptions {
  std::string channel{store::kAmqpChannel};  ///< Whose messages.
  std::size_t window = 200;                  ///< Messages under way to one destination.
  int most_tries = 10;  ///< A message refused so often is set aside (`iib_outbox_tries`).
  /// Waits between tries: of a refused message, and of a receiver that is away.
  RetryPolicy retries{.attempts = 1,
                      .multiplier = std::chrono::seconds{1},
                      .delay = std::chrono::seconds{1},
                      .jitter = std::chrono::seconds{1},
                      .cap = std::chrono::seconds{60}};
  /// How often the outbox is looked at without a wake(): for what the operator changes, and for
  /// messages whose next try has come.
  std::chrono::milliseconds look{1000};
  /// How long stopping waits for messages under way.
  std::chrono::milliseconds stop{3000};
};

/// How many messages a publisher has dealt with since it was made.
struct PublisherCounts {
  std::uint64_t arrived = 0;    ///< Settled, and gone from the outbox.
  std::uint64_t refused = 0;    ///< Refusals, of the same message or of others.
  std::uint64_t set_aside = 0;  ///< Refused too often.
};

/// Empties the outbox of one channel, on a thread of its own: takes messages in their order, gives
/// them to the carrier, many at a time, and removes them once they have arrived. It never drops
/// one. While nothing can be sent it waits longer and longer, and says so once.
class Publisher {
 public:
  /// `store` and `clock` outlive it.
  Publisher(PublisherOptions options, store::Store& store, const Clock& clock,
            const MakeCarrier& make_carrier, Log log);
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;
  /// As stop().
  ~Publisher();

  /// There may be new messages. Cheap, from any thread.
  void wake();
  /// Takes no more messages, waits for those under way, bounded in time, and removes what arrived.
  void stop();
  /// What it has done so far.
  [[nodiscard]] PublisherCounts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::notify
