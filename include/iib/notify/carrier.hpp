#pragma once

#include "iib/store/outbox.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace iib::notify {

/// What became of a message that a carrier was given.
enum class Fate {
  arrived,           ///< Its receiver has it: it leaves the outbox.
  refused,           ///< The receiver does not want it: counted, and tried again later.
  destination_away,  ///< Its destination takes nothing at the moment: no fault of the message.
  receiver_away,     ///< Nothing can be sent anywhere on this channel at the moment.
};

/// The end of a message's way.
struct Report {
  store::OutboxId message;    ///< Which one.
  Fate fate = Fate::arrived;  ///< How it ended.
  std::string reason;         ///< Why it did not arrive; without secrets.
};

/// Takes messages out of the house. One for AMQP; other channels have others.
class Carrier {
 public:
  virtual ~Carrier() = default;
  /// Takes messages and returns at once. Each is reported once, from any thread, in any order.
  virtual void carry(std::vector<store::OutboxMessage> messages) = 0;
};

/// Where a carrier reports to; cheap, safe to call from any thread.
using OnReport = std::function<void(Report)>;
/// Makes the carrier of a publisher.
using MakeCarrier = std::function<std::unique_ptr<Carrier>(OnReport)>;

}  // namespace iib::notify
