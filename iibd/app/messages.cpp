#include "messages.hpp"

#include "iib/notify/amqp_carrier.hpp"
#include "iib/notify/webhook.hpp"
#include "wiring.hpp"

#include <algorithm>
#include <utility>

namespace iib::app {
namespace {

/// A certificate of ours may be meant to be used and not be there (rest-api 10.3).
void warn_of_missing_certificate(const messaging::SenderOptions& options, const Log& log) {
  const auto is_tls = [](const std::string& url) { return url.starts_with("amqps:"); };
  if (std::none_of(options.urls.begin(), options.urls.end(), is_tls)) return;
  if (const auto missing = messaging::missing_certificate(options)) {
    log.warning("brokers get no client certificate of ours: {}", *missing);
  }
}

}  // namespace

Messages::Messages(const config::Config& config, store::Store& store, const Clock& clock,
                   notify::EventHub& news, const Logs& logs)
    : watch_{store, config.outbox_warn, logs.module("notify")} {
  if (const auto brokers = sender_options(config)) {
    const auto log = logs.module("messaging");
    warn_of_missing_certificate(*brokers, log);
    publish(publisher_options(config), store, clock, notify::amqp_carrier(*brokers, log), logs);
  }
  for (const auto& webhook : config.webhooks) {
    auto options = publisher_options(config);
    options.channel = webhook_channel(webhook);
    publish(std::move(options), store, clock,
            notify::webhook_carrier(webhook_options(config, webhook), logs.module("notify")), logs);
  }
  if (publishers_.empty()) return;
  wake_ = news.subscribe([this] {
    for (const auto& publisher : publishers_) publisher->wake();
  });
}

void Messages::publish(notify::PublisherOptions options, store::Store& store, const Clock& clock,
                       const notify::MakeCarrier& make_carrier, const Logs& logs) {
  publishers_.push_back(std::make_unique<notify::Publisher>(std::move(options), store, clock,
                                                            make_carrier, logs.module("notify")));
}

void Messages::stop() {
  wake_.reset();
  for (const auto& publisher : publishers_) publisher->stop();
}

}  // namespace iib::app
