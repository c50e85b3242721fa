#pragma once

#include "iib/base/log.hpp"
#include "iib/messaging/amqp_sender.hpp"
#include "iib/notify/carrier.hpp"

namespace iib::notify {

/// What carries messages to AMQP 1.0 brokers.
[[nodiscard]] MakeCarrier amqp_carrier(messaging::SenderOptions options, const Log& log);

}  // namespace iib::notify
