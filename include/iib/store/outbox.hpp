#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/id.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::store {

/// A message in the outbox; rises with every message written.
using OutboxId = Id<struct OutboxTag>;

/// The channel of messages to AMQP brokers. Messages of different channels never wait for each
/// other.
inline constexpr std::string_view kAmqpChannel = "amqp";

/// Who gets messages, besides the AMQP brokers.
struct Receiver {
  std::string channel;             ///< Its own, so that it holds up no other.
  std::string destination;         ///< What the operator is shown; without secrets.
  std::vector<std::string> kinds;  ///< Of messages: `build-state`, `batch-state`.
};

/// A message that may be sent now: every older one of its subject has gone.
struct OutboxMessage {
  OutboxId id;              ///< Names it to the store.
  EventId event;            ///< The change of a state that it tells.
  std::string kind;         ///< `build-state` or `batch-state`.
  std::string destination;  ///< Where it is sent to, in the channel's own terms.
  std::string subject;      ///< What it is about: `request 7`, `batch 3`.
  std::string message_id;   ///< The same on every sending, so that consumers can drop doubles.
  std::string properties;   ///< A JSON object of texts, numbers and nulls (rest-api 10.2).
  std::string body;         ///< JSON text.
  int tries = 0;            ///< How often it was refused.
};

/// A message that its receiver refused.
struct Refusal {
  OutboxId id;         ///< Which one.
  std::string reason;  ///< What the receiver said.
  Timestamp next_try;  ///< Not before then.
};

/// How many messages the outbox holds.
struct OutboxCounts {
  std::int64_t waiting = 0;    ///< To be sent, those behind one that is set aside included.
  std::int64_t set_aside = 0;  ///< For the operator.
};

/// A message as the operator sees it.
struct OutboxEntry {
  /// What becomes of it.
  enum class State {
    waiting,    ///< It is sent in its turn.
    held,       ///< Behind one of its subject that is set aside.
    set_aside,  ///< Refused too often: the operator decides.
  };
  OutboxId id;                         ///< Names it to retry_messages() and drop_messages().
  State state = State::waiting;        ///< What becomes of it.
  std::string channel;                 ///< Which way it goes.
  std::string kind;                    ///< What it tells.
  std::string destination;             ///< Where it goes.
  std::string subject;                 ///< What it is about.
  std::string message_id;              ///< As consumers see it.
  Timestamp written;                   ///< When the state that it tells was stored.
  int tries = 0;                       ///< How often it was refused.
  std::optional<std::string> problem;  ///< Why, the last time.
};

/// `waiting`, `held`, `set aside`.
[[nodiscard]] std::string_view to_string(OutboxEntry::State state) noexcept;

/// Which messages list_messages() shows.
enum class OutboxView { set_aside, all };

// For the operator, also while a daemon works on the database, which notices within a second. They
// throw UserError when there is no database or it is not of this version.

/// The oldest messages of `database`, at most `most`.
[[nodiscard]] std::vector<OutboxEntry> list_messages(const std::filesystem::path& database,
                                                     OutboxView view, std::size_t most);
/// How many messages `database` holds.
[[nodiscard]] OutboxCounts count_messages(const std::filesystem::path& database);
/// Messages that were set aside are sent again in their turn, as if never refused; the empty list
/// means all of them. Gives how many; throws UserError naming an id that is not set aside, and then
/// changes nothing.
int retry_messages(const std::filesystem::path& database, const std::vector<OutboxId>& ids);
/// Messages go without being sent, and what they held back is sent. The empty list means all that
/// are set aside; ids may name any message. Gives how many; throws UserError naming an id that is
/// not there, and then changes nothing.
int drop_messages(const std::filesystem::path& database, const std::vector<OutboxId>& ids);

}  // namespace iib::store
