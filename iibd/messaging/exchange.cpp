#include "messaging/exchange.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>
#include <proton/duration.hpp>

#include <algorithm>

namespace iib::messaging {
namespace {

using Steady = std::chrono::steady_clock;

std::string in_seconds(std::chrono::milliseconds duration) {
  return fmt::format("{:g} s", static_cast<double>(duration.count()) / 1000.0);
}

}  // namespace

Exchange::Exchange(SenderOptions options, Sender::OnSettled on_settled, Log log,
                   proton::container& container, proton::work_queue& queue)
    : options_{std::move(options)},
      on_settled_{std::move(on_settled)},
      log_{std::move(log)},
      container_{container},
      queue_{queue} {
  for (const auto& url : options_.urls) urls_.push_back(parse_broker_url(url));
  if (urls_.empty()) throw UserError{"iib_messaging_urls names no broker"};
  // What cannot be used stops the start (rest-api 11, 7) instead of each attempt to connect.
  if (std::any_of(urls_.begin(), urls_.end(), [](const BrokerUrl& url) { return url.tls; })) {
    static_cast<void>(tls_settings(options_));
  }
}

void Exchange::take(std::vector<Message> messages) {
  std::erase_if(left_, [](const auto& connection) { return connection->finished(); });
  const auto now = Steady::now();
  for (auto& message : messages) {
    auto& queue = waiting_[message.destination];
    queue.push_back({.message = std::move(message), .since = now});
  }
  keep_time();
  if (state_ == State::idle) connect(0);
  if (state_ == State::open) connection_->wake();
}

void Exchange::woken() {
  if (state_ != State::open) return;
  check_links(Steady::now());
  pump_all();
}

void Exchange::pump_all() {
  std::vector<std::string> destinations;
  for (const auto& [destination, queue] : waiting_) destinations.push_back(destination);
  for (const auto& destination : destinations) pump(destination);
}

void Exchange::close() {
  state_ = State::closed;
  leave_connection();
}

void Exchange::connect(std::size_t url) {
  state_ = State::connecting;
  url_ = url;
  connecting_since_ = Steady::now();
  connection_ = std::make_shared<Connection>(urls_[url], options_, *this);
  try {
    connection_->open(container_);
  } catch (const std::exception& error) {
    connecting_failed(one_line(error.what(), 300));
  }
}

void Exchange::connecting_failed(const std::string& reason) {
  const auto address = connection_->address();
  log_.debug("broker {} cannot be used: {}", address, reason);
  reasons_ += fmt::format("{}{}: {}", reasons_.empty() ? "" : "; ", address, reason);
  leave_connection();
  if (url_ + 1 < urls_.size()) return connect(url_ + 1);
  state_ = State::idle;
  fail_all(std::exchange(reasons_, {}));
}

void Exchange::opened() {
  if (state_ != State::connecting) return;
  state_ = State::open;
  reasons_.clear();
  log_.info("connected to broker {}", connection_->address());
  pump_all();
}

void Exchange::ended(const std::string& reason) {
  if (state_ == State::connecting) {
    connecting_failed(reason);
  } else if (state_ == State::open) {
    lose(reason);
  }
}

void Exchange::lose(const std::string& reason) {
  const auto told = fmt::format("{}: {}", connection_->address(), reason);
  leave_connection();
  state_ = State::idle;
  fail_all(told);
}

/// It is kept until Proton has done with it, and may be what has called us.
void Exchange::leave_connection() {
  if (!connection_) return;
  connection_->abandon();
  left_.push_back(std::move(connection_));
  connection_.reset();
}

void Exchange::may_send(const std::string& destination) {
  pump(destination);
}

void Exchange::pump(const std::string& destination) {
  const auto found = waiting_.find(destination);
  if (state_ != State::open || found == waiting_.end()) return;
  auto& queue = found->second;
  try {
    for (int credit = connection_->credit(destination); credit > 0 && !queue.empty(); --credit) {
      const auto& message = queue.front().message;
      sent_[message.number] = {.destination = destination, .since = Steady::now()};
      connection_->send(message);
      queue.pop_front();
    }
  } catch (const std::exception& error) {
    return lose(one_line(error.what(), 300));
  }
  if (queue.empty()) waiting_.erase(found);
}

void Exchange::settled(std::int64_t number, Outcome outcome, const std::string& reason) {
  if (sent_.erase(number) > 0) tell(number, outcome, reason);
}

void Exchange::link_ended(const std::string& destination, const std::string& reason) {
  fail_destination(destination, reason);
}

void Exchange::fail_destination(const std::string& destination, const std::string& reason) {
  std::vector<std::int64_t> failed;
  for (const auto& [number, sent] : sent_) {
    if (sent.destination == destination) failed.push_back(number);
  }
  for (const auto number : failed) sent_.erase(number);
  if (const auto waiting = waiting_.find(destination); waiting != waiting_.end()) {
    for (const auto& each : waiting->second) failed.push_back(each.message.number);
    waiting_.erase(waiting);
  }
  for (const auto number : failed) tell(number, Outcome::link_failed, reason);
}

void Exchange::fail_all(const std::string& reason) {
  const auto sent = std::exchange(sent_, {});
  const auto waiting = std::exchange(waiting_, {});
  for (const auto& [number, each] : sent) tell(number, Outcome::broker_away, reason);
  for (const auto& [destination, queue] : waiting) {
    for (const auto& each : queue) tell(each.message.number, Outcome::broker_away, reason);
  }
}

void Exchange::tell(std::int64_t number, Outcome outcome, const std::string& reason) {
  if (state_ == State::closed) return;
  on_settled_({.number = number, .outcome = outcome, .reason = reason});
}

/// Time is looked at only while something waits. The container ends no earlier than the next look.
void Exchange::keep_time() {
  if (ticking_ || !busy() || state_ == State::closed) return;
  ticking_ = true;
  const auto step = std::clamp<std::int64_t>(options_.timeout.count() / 8, 20, 100);
  queue_.schedule(proton::duration{static_cast<proton::duration::numeric_type>(step)},
                  [this] { tick(); });
}

void Exchange::tick() {
  ticking_ = false;
  const auto now = Steady::now();
  if (state_ == State::connecting) check_connecting(now);
  if (state_ == State::open) connection_->wake();
  keep_time();
}

void Exchange::check_connecting(Moment now) {
  if (now - connecting_since_ < options_.timeout) return;
  connecting_failed(fmt::format("no answer within {}", in_seconds(options_.timeout)));
}

/// A broker that takes nothing, or settles nothing, for too long.
void Exchange::check_links(Moment now) {
  for (auto late = late_destination(now); !late.empty(); late = late_destination(now)) {
    connection_->drop_link(late);
    fail_destination(late, fmt::format("{} did not take a message within {}",
                                       connection_->address(), in_seconds(options_.timeout)));
  }
}

std::string Exchange::late_destination(Moment now) const {
  for (const auto& [number, sent] : sent_) {
    if (now - sent.since >= options_.timeout) return sent.destination;
  }
  for (const auto& [destination, queue] : waiting_) {
    if (now - queue.front().since >= options_.timeout) return destination;
  }
  return {};
}

}  // namespace iib::messaging
