#include "amqp_broker.hpp"

#include "eventually.hpp"
#include "iib/base/guarded.hpp"

#include <fmt/format.h>
#include <proton/connection.hpp>
#include <proton/connection_options.hpp>
#include <proton/container.hpp>
#include <proton/delivery.hpp>
#include <proton/error_condition.hpp>
#include <proton/listen_handler.hpp>
#include <proton/listener.hpp>
#include <proton/message.hpp>
#include <proton/messaging_handler.hpp>
#include <proton/receiver.hpp>
#include <proton/receiver_options.hpp>
#include <proton/session.hpp>
#include <proton/source.hpp>
#include <proton/source_options.hpp>
#include <proton/ssl.hpp>
#include <proton/target.hpp>
#include <proton/target_options.hpp>
#include <proton/transport.hpp>
#include <proton/types.hpp>
#include <proton/work_queue.hpp>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>

namespace iib::test {
namespace {

using namespace std::chrono_literals;

std::string text_of(const proton::message_id& id) {
  return id.empty() ? std::string{} : proton::to_string(id);
}

std::string text_of(const proton::scalar& value) {
  switch (value.type()) {
    case proton::NULL_TYPE:
      return "null";
    case proton::LONG:
      return proton::to_string(value);
    case proton::STRING:
      return '"' + proton::get<std::string>(value) + '"';
    default:
      return proton::type_id(value.type()) == proton::SYMBOL
                 ? "symbol " + proton::to_string(value)
                 : fmt::format("type {} {}", static_cast<int>(value.type()),
                               proton::to_string(value));
  }
}

AmqpMessage as_received(const std::string& address, const proton::message& message) {
  AmqpMessage result{.address = address,
                     .id = text_of(message.id()),
                     .correlation_id = text_of(message.correlation_id()),
                     .content_type = message.content_type(),
                     .content_encoding = message.content_encoding(),
                     .durable = message.durable(),
                     .properties = {},
                     .body_is_string = message.body().type() == proton::STRING,
                     .body = {}};
  std::map<std::string, proton::scalar> properties;
  proton::get(message.properties().value(), properties);
  for (const auto& [name, value] : properties) result.properties[name] = text_of(value);
  if (result.body_is_string) result.body = proton::get<std::string>(message.body());
  return result;
}

}  // namespace

class AmqpBroker::Impl : public proton::messaging_handler, public proton::listen_handler {
 public:
  Impl(AmqpBehaviour behaviour, int port, const std::optional<AmqpTls>& tls)
      : behaviour_{std::move(behaviour)}, tls_{tls} {
    listener_ = container_.listen(fmt::format("127.0.0.1:{}", port), *this);
    thread_ = std::jthread{[this] { container_.run(); }};
    if (!eventually(60s, [&] { return open_ || failed_; }) || failed_) {
      stop();
      throw std::runtime_error{"the test's broker cannot listen"};
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() override { stop(); }

  void stop() {
    container_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void on_open(proton::listener& listener) override {
    port_ = listener.port();
    open_ = true;
  }
  void on_error(proton::listener&, const std::string&) override { failed_ = true; }
  proton::connection_options on_accept(proton::listener&) override {
    proton::connection_options options;
    options.handler(*this);
    if (tls_) {
      const proton::ssl_certificate ours{tls_->certificate, tls_->key};
      options.ssl_server_options(tls_->client_authorities.empty()
                                     ? proton::ssl_server_options{ours}
                                     : proton::ssl_server_options{ours, tls_->client_authorities,
                                                                  tls_->client_authorities,
                                                                  proton::ssl::VERIFY_PEER});
    }
    return options;
  }

  void on_connection_open(proton::connection& connection) override {
    ++connections_;
    connection.open();
  }
  void on_receiver_open(proton::receiver& receiver) override {
    const auto address = receiver.target().address();
    const auto behaviour = current();
    if (behaviour.refused_addresses.contains(address)) {
      receiver.open();
      receiver.close(proton::error_condition{"amqp:not-found", "no such address " + address});
      return;
    }
    ++links_;
    receiver.open(proton::receiver_options{}.auto_accept(false).credit_window(0).target(
        proton::target_options{}.address(address)));
    if (behaviour.credit > 0) receiver.add_credit(static_cast<std::uint32_t>(behaviour.credit));
  }
  void on_message(proton::delivery& delivery, proton::message& message) override {
    auto receiver = delivery.receiver();
    const auto got = as_received(receiver.target().address(), message);
    const auto behaviour = current();
    received_.with([&](auto& all) { all.push_back(got); });
    most_unsettled_ = std::max(most_unsettled_.load(), ++unsettled_);
    const auto answer = behaviour.answer(got);
    if (answer != AmqpAnswer::keep_silent) --unsettled_;
    switch (answer) {
      case AmqpAnswer::accept:
        delivery.accept();
        break;
      case AmqpAnswer::reject:
        delivery.reject();
        break;
      case AmqpAnswer::release:
        delivery.release();
        break;
      case AmqpAnswer::keep_silent:
        return;
      case AmqpAnswer::close_connection:
        delivery.connection().close(
            proton::error_condition{"amqp:connection:forced", "the test wants it"});
        return;
      case AmqpAnswer::end_link:
        receiver.close(proton::error_condition{"amqp:resource-deleted", "the test wants it"});
        return;
    }
    if (behaviour.credit > 0) receiver.add_credit(1);
  }
  void on_error(const proton::error_condition&) override {}

  AmqpBehaviour current() {
    return behaviour_.with([](const auto& behaviour) { return behaviour; });
  }

 private:
  friend class AmqpBroker;

  Guarded<AmqpBehaviour> behaviour_;
  const std::optional<AmqpTls> tls_;
  Guarded<std::vector<AmqpMessage>> received_;
  std::atomic<int> connections_{0};
  std::atomic<int> links_{0};
  std::atomic<int> unsettled_{0};
  std::atomic<int> most_unsettled_{0};
  std::atomic<int> port_{0};
  std::atomic<bool> open_{false};
  std::atomic<bool> failed_{false};
  proton::container container_;
  proton::listener listener_;
  std::jthread thread_;
};

AmqpBroker::AmqpBroker(AmqpBehaviour behaviour, int port, std::optional<AmqpTls> tls)
    : impl_{std::make_unique<Impl>(std::move(behaviour), port, tls)} {}

AmqpBroker::~AmqpBroker() = default;

void AmqpBroker::behave(AmqpBehaviour behaviour) {
  impl_->behaviour_.with([&](auto& now) { now = std::move(behaviour); });
}

int AmqpBroker::port() const {
  return impl_->port_;
}

std::string AmqpBroker::url() const {
  return fmt::format("{}://localhost:{}", impl_->tls_ ? "amqps" : "amqp", port());
}

std::vector<AmqpMessage> AmqpBroker::received() const {
  return impl_->received_.with([](const auto& all) { return all; });
}

int AmqpBroker::connections() const {
  return impl_->connections_;
}

int AmqpBroker::links() const {
  return impl_->links_;
}

int AmqpBroker::most_unsettled() const {
  return impl_->most_unsettled_;
}

class AmqpConsumer::Impl : public proton::messaging_handler {
 public:
  Impl(const std::string& url, const std::vector<std::string>& addresses)
      : url_{url}, addresses_{addresses} {
    thread_ = std::jthread{[this] { container_.run(); }};
    // What is sent to a topic before its link is open would not be received.
    const bool over =
        eventually(60s, [&] { return opened_ == addresses_.size() || !problem().empty(); });
    if (!over || !problem().empty()) {
      stop();
      throw std::runtime_error{"nothing can be received from " + url + ": " + problem()};
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() override { stop(); }

  void stop() {
    container_.stop();
    if (thread_.joinable()) thread_.join();
  }
  std::string problem() {
    return problem_.with([](const auto& text) { return text; });
  }

  void on_container_start(proton::container& container) override {
    proton::connection_options options;
    options.sasl_allow_insecure_mechs(true);
    auto connection = container.connect(url_, options.handler(*this));
    static_cast<void>(connection);
  }
  void on_connection_open(proton::connection& connection) override {
    for (const auto& address : addresses_) {
      // RabbitMQ declares what /queue/ names as durable as the one asks who comes first.
      proton::source_options source;
      if (address.starts_with("/queue/")) source.durability_mode(proton::source::UNSETTLED_STATE);
      connection.open_receiver(address, proton::receiver_options{}.source(source));
    }
  }
  void on_receiver_open(proton::receiver&) override { ++opened_; }
  void on_message(proton::delivery& delivery, proton::message& message) override {
    const auto got = as_received(delivery.receiver().source().address(), message);
    received_.with([&](auto& all) { all.push_back(got); });
  }
  void on_error(const proton::error_condition& condition) override {
    problem_.with([&](auto& text) { text = condition.what(); });
  }

 private:
  friend class AmqpConsumer;

  const std::string url_;
  const std::vector<std::string> addresses_;
  std::atomic<std::size_t> opened_{0};
  Guarded<std::string> problem_;
  Guarded<std::vector<AmqpMessage>> received_;
  proton::container container_{*this};
  std::jthread thread_;
};

AmqpConsumer::AmqpConsumer(const std::string& url, const std::vector<std::string>& addresses)
    : impl_{std::make_unique<Impl>(url, addresses)} {}

AmqpConsumer::~AmqpConsumer() = default;

std::vector<AmqpMessage> AmqpConsumer::received() const {
  return impl_->received_.with([](const auto& all) { return all; });
}

std::string AmqpConsumer::problem() const {
  return impl_->problem();
}

}  // namespace iib::test
