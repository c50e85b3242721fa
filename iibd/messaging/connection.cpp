#include "messaging/connection.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>
#include <proton/binary.hpp>
#include <proton/container.hpp>
#include <proton/delivery_mode.hpp>
#include <proton/duration.hpp>
#include <proton/error.hpp>
#include <proton/error_condition.hpp>
#include <proton/message.hpp>
#include <proton/sender_options.hpp>
#include <proton/ssl.hpp>
#include <proton/transport.hpp>
#include <proton/types.hpp>

#include <algorithm>
#include <cstring>

namespace iib::messaging {
namespace {

/// What the other side says, bounded and on one line.
std::string told(const proton::error_condition& condition, std::string_view otherwise) {
  if (condition.empty()) return std::string{otherwise};
  return one_line(condition.what(), 300);
}

proton::binary tag_of(std::int64_t number) {
  proton::binary tag(sizeof number);
  std::memcpy(tag.data(), &number, sizeof number);
  return tag;
}

std::int64_t number_of(const proton::tracker& tracker) {
  std::int64_t number = 0;
  const auto tag = tracker.tag();
  std::memcpy(&number, tag.data(), std::min(sizeof number, tag.size()));
  return number;
}

proton::scalar scalar_of(const PropertyValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return {};  // AMQP null
}

/// The fields of rest-api 10.2. `content-encoding` stays unset: it would name a compression.
proton::message encoded(const Message& message, bool durable) {
  proton::message result;
  result.id(message.id);
  result.correlation_id(message.id);
  result.content_type("application/json");
  result.durable(durable);
  for (const auto& [name, value] : message.properties) {
    result.properties().put(name, scalar_of(value));
  }
  result.body(message.body);
  return result;
}

}  // namespace

proton::ssl_client_options tls_settings(const SenderOptions& options) {
  const auto authorities = options.authorities.string();
  try {
    proton::ssl_client_options settings{authorities, proton::ssl::VERIFY_PEER_NAME};
    if (missing_certificate(options)) return settings;
  } catch (const proton::error&) {
    throw UserError{
        fmt::format("{} (iib_messaging_ca) holds no certificates that brokers could be verified "
                    "against; name a file of them (PEM)",
                    authorities)};
  }
  try {
    const proton::ssl_certificate ours{options.certificate.string(), options.key.string()};
    return {ours, authorities, proton::ssl::VERIFY_PEER_NAME};
  } catch (const proton::error&) {
    throw UserError{
        fmt::format("{} (iib_messaging_cert) and {} (iib_messaging_key) are not a certificate and "
                    "its key that this user may read (PEM, without a password)",
                    options.certificate.string(), options.key.string())};
  }
}

Connection::Connection(BrokerUrl url, const SenderOptions& options, ConnectionEvents& events)
    : url_{std::move(url)}, options_{options}, events_{&events} {}

proton::connection_options Connection::settings() const {
  const proton::duration silence{static_cast<proton::duration::numeric_type>(
      std::max<std::int64_t>(options_.timeout.count(), 1000))};
  proton::connection_options settings;
  settings.idle_timeout(silence);  // a peer that says nothing for so long is gone
  settings.sasl_enabled(true);
  if (!url_.user.empty()) {
    settings.user(url_.user);
    settings.password(url_.password);
    settings.sasl_allow_insecure_mechs(true);  // whoever writes amqp://user:password@ wants that
  }
  if (url_.tls) settings.ssl_client_options(tls_settings(options_));
  return settings;
}

void Connection::open(proton::container& container) {
  auto options = settings();
  options.handler(*this);
  connection_ = container.connect(url_.address(), options);
}

void Connection::wake() {
  connection_.wake();
}

int Connection::credit(const std::string& destination) {
  const auto found = links_.find(destination);
  if (found != links_.end()) return found->second.sender.credit();
  proton::sender_options options;
  options.delivery_mode(proton::delivery_mode::AT_LEAST_ONCE);
  Link link;
  link.session = connection_.open_session();
  link.sender = link.session.open_sender(destination, options);
  links_.emplace(destination, link);
  return 0;
}

void Connection::send(const Message& message) {
  auto& sender = links_.at(message.destination).sender;
  sender.send(encoded(message, options_.durable), tag_of(message.number));
}

void Connection::drop_link(const std::string& destination) {
  const auto link = links_.find(destination);
  if (link == links_.end()) return;
  auto session = link->second.session;
  links_.erase(link);
  session.close();
}

void Connection::abandon() {
  events_ = nullptr;
  links_.clear();
  if (finished_ || !connection_) return;
  connection_.close();
  connection_.wake();
}

void Connection::end(const std::string& reason) {
  auto* const events = std::exchange(events_, nullptr);
  links_.clear();
  if (events != nullptr) events->ended(reason);
}

void Connection::end_link(Links::iterator link, const std::string& reason) {
  if (link == links_.end()) return;
  const auto destination = link->first;
  drop_link(destination);
  if (events_ != nullptr) events_->link_ended(destination, reason);
}

void Connection::end_link_of(const proton::sender& sender, const std::string& reason) {
  end_link(std::find_if(links_.begin(), links_.end(),
                        [&](const auto& link) { return link.second.sender == sender; }),
           reason);
}

void Connection::end_link_of(const proton::session& session, const std::string& reason) {
  end_link(std::find_if(links_.begin(), links_.end(),
                        [&](const auto& link) { return link.second.session == session; }),
           reason);
}

void Connection::settle(const proton::tracker& tracker, Outcome outcome,
                        const std::string& reason) {
  if (events_ != nullptr) events_->settled(number_of(tracker), outcome, reason);
}

void Connection::on_connection_open(proton::connection&) {
  if (events_ != nullptr) events_->opened();
}

void Connection::on_connection_wake(proton::connection&) {
  if (events_ != nullptr) events_->woken();
}

void Connection::on_connection_close(proton::connection&) {
  end("the broker closed the connection");
}

void Connection::on_connection_error(proton::connection& connection) {
  end(told(connection.error(), "the broker closed the connection"));
}

void Connection::on_transport_error(proton::transport& transport) {
  end(told(transport.error(), "the connection broke"));
}

void Connection::on_transport_close(proton::transport&) {
  finished_ = true;
  end("the connection was closed");
}

void Connection::on_session_close(proton::session& session) {
  end_link_of(session, "the broker ended the session");
}

void Connection::on_session_error(proton::session& session) {
  end_link_of(session, told(session.error(), "the broker ended the session"));
}

void Connection::on_sendable(proton::sender& sender) {
  if (events_ == nullptr) return;
  for (const auto& [destination, link] : links_) {
    if (link.sender != sender) continue;
    const std::string found = destination;  // the link may end meanwhile
    events_->may_send(found);
    return;
  }
}

void Connection::on_sender_close(proton::sender& sender) {
  end_link_of(sender, "the broker closed the link");
}

void Connection::on_sender_error(proton::sender& sender) {
  end_link_of(sender, told(sender.error(), "the broker closed the link"));
}

void Connection::on_sender_detach(proton::sender& sender) {
  end_link_of(sender, told(sender.error(), "the broker detached the link"));
}

void Connection::on_tracker_accept(proton::tracker& tracker) {
  settle(tracker, Outcome::accepted, {});
}

void Connection::on_tracker_reject(proton::tracker& tracker) {
  settle(tracker, Outcome::rejected, "the broker rejected it");
}

void Connection::on_tracker_release(proton::tracker& tracker) {
  settle(tracker, Outcome::released,
         "the broker released it: nothing takes messages of this destination at the moment");
}

/// What has no handler of its own; Proton would throw.
void Connection::on_error(const proton::error_condition&) {}

}  // namespace iib::messaging
