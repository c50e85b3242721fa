#include "iib/notify/amqp_carrier.hpp"

#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

namespace iib::notify {
namespace {

using messaging::Outcome;

Fate fate_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::accepted:
      return Fate::arrived;
    case Outcome::rejected:
    case Outcome::released:
      return Fate::refused;
    case Outcome::link_failed:
      return Fate::destination_away;
    case Outcome::broker_away:
      return Fate::receiver_away;
  }
  throw Error{"internal error: unknown outcome of a message"};
}

messaging::PropertyValue value_of(const io::JsonValue& value) {
  if (value.IsInt64()) return value.GetInt64();
  if (value.IsString()) return std::string{value.GetString(), value.GetStringLength()};
  return {};
}

messaging::Message message_of(store::OutboxMessage&& stored) {
  messaging::Message message{.number = stored.id.value(),
                             .destination = std::move(stored.destination),
                             .id = std::move(stored.message_id),
                             .properties = {},
                             .body = std::move(stored.body)};
  const auto properties = io::parse_json(stored.properties);
  for (const auto& member : properties.GetObject()) {
    message.properties.emplace_back(
        std::string{member.name.GetString(), member.name.GetStringLength()},
        value_of(member.value));
  }
  return message;
}

class AmqpCarrier final : public Carrier {
 public:
  AmqpCarrier(messaging::SenderOptions options, const OnReport& on_report, const Log& log)
      : sender_{std::move(options),
                [on_report](const messaging::Settlement& settlement) {
                  on_report({.message = store::OutboxId{settlement.number},
                             .fate = fate_of(settlement.outcome),
                             .reason = settlement.reason});
                },
                log} {}

  void carry(std::vector<store::OutboxMessage> messages) override {
    std::vector<messaging::Message> carried;
    carried.reserve(messages.size());
    for (auto& message : messages) carried.push_back(message_of(std::move(message)));
    sender_.send(std::move(carried));
  }

 private:
  messaging::Sender sender_;
};

}  // namespace

MakeCarrier amqp_carrier(messaging::SenderOptions options, const Log& log) {
  return [options = std::move(options), log](const OnReport& on_report) {
    return std::make_unique<AmqpCarrier>(options, on_report, log);
  };
}

}  // namespace iib::notify
