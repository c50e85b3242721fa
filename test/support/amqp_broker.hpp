#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace iib::test {

/// A message as a broker or consumer got it; texts are as on the wire, unset ones empty.
struct AmqpMessage {
  std::string address;
  std::string id;
  std::string correlation_id;
  std::string content_type;
  std::string content_encoding;
  bool durable = false;
  /// By name: `null`, `7`, `"text"`, with the AMQP type in front unless it is `long` or `string`.
  std::map<std::string, std::string> properties;
  bool body_is_string = false;  ///< An AMQP value section with a string.
  std::string body;
};

/// What a broker does with a message.
enum class AmqpAnswer { accept, reject, release, keep_silent, close_connection, end_link };

/// How a broker behaves.
struct AmqpBehaviour {
  std::function<AmqpAnswer(const AmqpMessage&)> answer = [](const AmqpMessage&) {
    return AmqpAnswer::accept;
  };
  int credit = 100;  ///< At the begin of a link; one more after each message unless it was 0.
  std::set<std::string> refused_addresses;  ///< Links to these are refused.
};

/// Certificate and key files of a broker that speaks TLS.
struct AmqpTls {
  std::string certificate;
  std::string key;
  std::string client_authorities;  ///< Not empty: clients must have a certificate of these.
};

/// A broker that behaves as a test wants, on a port of loopback, in a thread of its own. It keeps
/// all that it got, also what it did not accept.
class AmqpBroker {
 public:
  /// `port` 0: any free one.
  explicit AmqpBroker(AmqpBehaviour behaviour = {}, int port = 0,
                      std::optional<AmqpTls> tls = std::nullopt);
  AmqpBroker(const AmqpBroker&) = delete;
  AmqpBroker& operator=(const AmqpBroker&) = delete;
  /// Closes all connections without a word.
  ~AmqpBroker();

  void behave(AmqpBehaviour behaviour);
  [[nodiscard]] int port() const;
  /// `amqp://localhost:port`.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::vector<AmqpMessage> received() const;
  /// Connections that were opened by clients so far, and links.
  [[nodiscard]] int connections() const;
  [[nodiscard]] int links() const;
  /// The most messages that were neither settled nor refused at once.
  [[nodiscard]] int most_unsettled() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Takes messages from a broker, as a consumer would, in a thread of its own.
class AmqpConsumer {
 public:
  AmqpConsumer(const std::string& url, const std::vector<std::string>& addresses);
  AmqpConsumer(const AmqpConsumer&) = delete;
  AmqpConsumer& operator=(const AmqpConsumer&) = delete;
  ~AmqpConsumer();

  /// In the order of coming.
  [[nodiscard]] std::vector<AmqpMessage> received() const;
  /// Why it receives no more; empty while all is well.
  [[nodiscard]] std::string problem() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::test
