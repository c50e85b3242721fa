#pragma once

#include "iib/base/log.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace iib::messaging {

/// An application property: nothing (AMQP null), a number or a text.
using PropertyValue = std::variant<std::monostate, std::int64_t, std::string>;

/// A message on its way to a broker (rest-api 10.2).
struct Message {
  std::int64_t number = 0;  ///< The caller's name for it; no two under way have the same.
  std::string destination;  ///< The address at the broker.
  std::string id;           ///< Becomes `message-id` and `correlation-id`.
  std::vector<std::pair<std::string, PropertyValue>> properties;  ///< For consumers' filters.
  std::string body;                                               ///< JSON text.
};

/// What became of a message.
enum class Outcome {
  accepted,     ///< The broker has it.
  rejected,     ///< The broker refuses it as it is.
  released,     ///< The broker cannot take it now, or has nowhere to put it.
  link_failed,  ///< The destination takes nothing at the moment; perhaps it was taken.
  broker_away,  ///< No broker answers, or the connection was lost; perhaps it was taken.
};

/// The end of a message's way; told once for each.
struct Settlement {
  std::int64_t number = 0;              ///< As in Message.
  Outcome outcome = Outcome::accepted;  ///< How it ended.
  std::string reason;                   ///< Why it was not accepted; empty otherwise.
};

/// How brokers are reached.
struct SenderOptions {
  std::vector<std::string> urls;      ///< `amqps://` or `amqp://`, tried in this order.
  std::filesystem::path certificate;  ///< Ours; used when all three files exist.
  std::filesystem::path key;          ///< Of the certificate.
  std::filesystem::path authorities;  ///< What brokers are verified against, always.
  bool durable = true;                ///< Whether brokers shall keep messages over a restart.
  /// For connecting to a broker, for its giving credit, and for its settling a message.
  std::chrono::milliseconds timeout{30'000};
};

/// Sends messages to an AMQP 1.0 broker, many at a time, on a thread of its own: one connection,
/// made when there is something to send, one link per destination, kept while they work, and never
/// more messages than the broker gives credit for. It never tries again by itself: whoever gets a
/// Settlement decides. Credentials of URLs appear in no log and no reason.
class Sender {
 public:
  /// Called on the sender's thread; must be cheap.
  using OnSettled = std::function<void(Settlement)>;

  /// Throws UserError for a URL that cannot be read, and for files that `amqps` cannot use.
  Sender(SenderOptions options, OnSettled on_settled, Log log);
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  /// Closes the connection. Messages under way are told no more.
  ~Sender();

  /// Takes messages; returns at once. Messages of one destination are sent in their order.
  void send(std::vector<Message> messages);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Why brokers get no certificate of ours though a URL is `amqps`; unset: they do, or none is.
[[nodiscard]] std::optional<std::string> missing_certificate(const SenderOptions& options);

}  // namespace iib::messaging
