#include "messages.hpp"

#include "iib/notify/amqp_carrier.hpp"
#include "wiring.hpp"

#include <algorithm>

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
  const auto brokers = sender_options(config);
  if (!brokers) return;
  const auto log = logs.module("messaging");
  warn_of_missing_certificate(*brokers, log);
  publisher_.emplace(publisher_options(config), store, clock, notify::amqp_carrier(*brokers, log),
                     logs.module("notify"));
  wake_ = news.subscribe([this] { publisher_->wake(); });
}

void Messages::stop() {
  wake_.reset();
  if (publisher_) publisher_->stop();
}

}  // namespace iib::app
