#include "iib/base/error.hpp"
#include "iib/io/http_client.hpp"
#include "iib/io/http_service.hpp"
#include "iib/notify/webhook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace iib::notify {
namespace {

/// What an answer says is looked at only to word a refusal.
constexpr std::size_t kAnswerBytes = 64UL << 10U;
/// Answers that say "not now" rather than "not this" (RFC 9110, 15; RFC 6585, 4).
constexpr std::array kNotNow{408, 429, 502, 503, 504};

/// The id that the event has in the streams of events, too.
std::string event_id(const store::OutboxMessage& message) {
  return fmt::format("{}{}", message.event.value(), message.kind == "batch-state" ? ".1" : "");
}

io::HttpSettings settings_of(const WebhookOptions& options, const io::HttpOrigin& origin) {
  return {.tls = {.authorities = options.authorities},
          .proxy = io::find_proxy(origin),
          .connect_timeout = options.timeout,
          .idle_timeout = options.timeout};
}

/// Posts messages on a thread of its own.
class WebhookCarrier final : public Carrier {
 public:
  WebhookCarrier(const WebhookOptions& options, std::shared_ptr<const Secret> secret,
                 OnReport on_report, Log log)
      : url_{io::parse_url(options.url)},
        timeout_{options.timeout},
        secret_{std::move(secret)},
        on_report_{std::move(on_report)},
        log_{std::move(log)},
        client_{url_.origin, settings_of(options, url_.origin)},
        thread_{[this](const std::stop_token& stop) { serve(stop); }} {}

  void carry(std::vector<store::OutboxMessage> messages) override {
    const std::scoped_lock lock{mutex_};
    std::move(messages.begin(), messages.end(), std::back_inserter(queue_));
    arrived_.notify_one();
  }

 private:
  using Messages = std::deque<store::OutboxMessage>;

  Messages take(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, stop, [this] { return !queue_.empty(); });
    return std::exchange(queue_, {});
  }

  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) post_all(take(stop), stop);
  }

  /// Once the receiver is found to be away, the rest need not be tried one by one.
  void post_all(Messages messages, const std::stop_token& stop) {
    Report last;
    for (const auto& message : messages) {
      if (stop.stop_requested()) return;
      if (last.fate != Fate::receiver_away) last = post(message, stop);
      last.message = message.id;
      on_report_(last);
    }
  }

  [[nodiscard]] Report post(const store::OutboxMessage& message, const std::stop_token& stop) {
    try {
      const auto answer = client_.send(request_of(message), Cancellation{stop});
      log_.debug("message {} was posted and answered {}", message.id.value(), answer.status);
      return report_of(answer);
    } catch (const std::exception& error) {  // a connection lost in the middle is made anew
      return {.message = {}, .fate = Fate::receiver_away, .reason = one_line(error.what())};
    }
  }

  [[nodiscard]] io::HttpRequest request_of(const store::OutboxMessage& message) const {
    io::HttpRequest request{.method = "POST",
                            .target = url_.target,
                            .headers = {{"X-Iibd-Event", message.kind},
                                        {"X-Iibd-Event-Id", event_id(message)},
                                        {"X-Iibd-Message-Id", message.message_id}},
                            .content_type = "application/json",
                            .body = message.body,
                            .body_limit = kAnswerBytes,
                            .limit = timeout_};
    if (secret_) {
      request.headers.emplace_back("X-Iibd-Signature-256",
                                   webhook_signature(*secret_, message.body));
    }
    return request;
  }

  static Report report_of(const io::HttpAnswer& answer) {
    Report report;
    if (answer.status >= 200 && answer.status < 300) return report;
    const bool not_now = std::find(kNotNow.begin(), kNotNow.end(), answer.status) != kNotNow.end();
    report.fate = not_now ? Fate::receiver_away : Fate::refused;
    report.reason = fmt::format("it answered {}", answer.status);
    if (answer.status >= 300 && answer.status < 400) {
      report.reason += ", and redirects are not followed";
    } else if (const auto told = io::told_by(answer); !told.empty()) {
      report.reason += fmt::format(": {}", told);
    }
    return report;
  }

  const io::HttpUrl url_;
  const std::chrono::milliseconds timeout_;
  const std::shared_ptr<const Secret> secret_;
  const OnReport on_report_;
  const Log log_;
  io::HttpClient client_;  // the thread's own
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  Messages queue_;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace

MakeCarrier webhook_carrier(const WebhookOptions& options, const Log& log) {
  std::shared_ptr<const Secret> secret;
  if (options.secret_file) {
    secret = std::make_shared<const Secret>(load_webhook_secret(*options.secret_file));
  }
  return [options, secret, log](const OnReport& on_report) {
    return std::make_unique<WebhookCarrier>(options, secret, on_report, log);
  };
}

}  // namespace iib::notify
