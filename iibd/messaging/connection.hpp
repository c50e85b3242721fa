#pragma once

#include "iib/messaging/amqp_sender.hpp"
#include "messaging/broker_url.hpp"

#include <proton/connection.hpp>
#include <proton/connection_options.hpp>
#include <proton/messaging_handler.hpp>
#include <proton/sender.hpp>
#include <proton/session.hpp>
#include <proton/ssl.hpp>
#include <proton/tracker.hpp>

#include <map>
#include <string>

namespace iib::messaging {

/// What `amqps` takes: the broker is always verified, its name included, and shown our certificate
/// if that is there. Throws UserError naming the option whose file cannot be used.
[[nodiscard]] proton::ssl_client_options tls_settings(const SenderOptions& options);

/// What a connection tells its owner, all on the container's thread.
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  virtual void opened() = 0;
  /// After wake().
  virtual void woken() = 0;
  /// It is of no more use; told once at most.
  virtual void ended(const std::string& reason) = 0;
  /// The link to `destination` has credit.
  virtual void may_send(const std::string& destination) = 0;
  virtual void settled(std::int64_t number, Outcome outcome, const std::string& reason) = 0;
  /// The link is gone with all that was under way on it; the next credit() opens another.
  virtual void link_ended(const std::string& destination, const std::string& reason) = 0;
};

/// One connection to one broker, from the attempt to its end. Each destination has a session of its
/// own, because some brokers (RabbitMQ) end the whole session of a link that they refuse. Lives on
/// the container's thread, and must outlive what Proton still does with it: see finished().
class Connection final : public proton::messaging_handler {
 public:
  Connection(BrokerUrl url, const SenderOptions& options, ConnectionEvents& events);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override = default;

  /// Begins to connect. Throws when the TLS settings cannot be used.
  void open(proton::container& container);
  /// Has woken() called: only what happens inside of an event of this connection is sent at once,
  /// all else no earlier than its next heartbeat.
  void wake();
  /// How many messages the broker takes now for `destination`. Opens a link when there is none.
  [[nodiscard]] int credit(const std::string& destination);
  /// Sends; credit() must have been more than 0.
  void send(const Message& message);
  /// Ends the link to `destination`, without an event.
  void drop_link(const std::string& destination);
  /// Closes; no event comes any more.
  void abandon();
  /// Whether Proton has done with it.
  [[nodiscard]] bool finished() const noexcept { return finished_; }
  [[nodiscard]] std::string address() const { return url_.address(); }

  // What Proton calls.
  void on_connection_open(proton::connection& connection) override;
  void on_connection_wake(proton::connection& connection) override;
  void on_connection_close(proton::connection& connection) override;
  void on_connection_error(proton::connection& connection) override;
  void on_transport_error(proton::transport& transport) override;
  void on_transport_close(proton::transport& transport) override;
  void on_session_close(proton::session& session) override;
  void on_session_error(proton::session& session) override;
  void on_sendable(proton::sender& sender) override;
  void on_sender_close(proton::sender& sender) override;
  void on_sender_error(proton::sender& sender) override;
  void on_sender_detach(proton::sender& sender) override;
  void on_tracker_accept(proton::tracker& tracker) override;
  void on_tracker_reject(proton::tracker& tracker) override;
  void on_tracker_release(proton::tracker& tracker) override;
  void on_error(const proton::error_condition& condition) override;

 private:
  struct Link {
    proton::session session;
    proton::sender sender;
  };
  using Links = std::map<std::string, Link, std::less<>>;

  [[nodiscard]] proton::connection_options settings() const;
  void end(const std::string& reason);
  void end_link(Links::iterator link, const std::string& reason);
  void end_link_of(const proton::sender& sender, const std::string& reason);
  void end_link_of(const proton::session& session, const std::string& reason);
  void settle(const proton::tracker& tracker, Outcome outcome, const std::string& reason);

  const BrokerUrl url_;
  const SenderOptions& options_;
  ConnectionEvents* events_;  // null once it has ended or was abandoned
  proton::connection connection_;
  Links links_;
  bool finished_ = false;
};

}  // namespace iib::messaging
