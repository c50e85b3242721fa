#pragma once

#include "iib/base/clock.hpp"
#include "iib/config/config.hpp"
#include "iib/notify/event_hub.hpp"
#include "iib/notify/outbox_watch.hpp"
#include "iib/notify/publisher.hpp"
#include "iib/store/store.hpp"
#include "logs.hpp"

#include <memory>
#include <string>
#include <vector>

namespace iib::app {

/// What sends the messages in the outbox, as far as receivers are configured, and what watches how
/// many wait.
class Messages {
 public:
  /// `store`, `clock` and `news` outlive it.
  Messages(const config::Config& config, store::Store& store, const Clock& clock,
           notify::EventHub& news, const Logs& logs);

  [[nodiscard]] std::vector<std::string> warnings() const { return watch_.warnings(); }
  /// Ends sending, bounded in time.
  void stop();

 private:
  void publish(notify::PublisherOptions options, store::Store& store, const Clock& clock,
               const notify::MakeCarrier& make_carrier, const Logs& logs);

  /// One for each channel.
  std::vector<std::unique_ptr<notify::Publisher>> publishers_;
  notify::EventHub::Subscription wake_;  // after what it wakes
  notify::OutboxWatch watch_;
};

}  // namespace iib::app
