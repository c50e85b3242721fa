#pragma once

#include "eventually.hpp"
#include "iib/base/guarded.hpp"
#include "iib/messaging/amqp_sender.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace iib::messaging::test {

/// A sender and what it told.
class Sending {
 public:
  /// `options`: all but URLs and timeout.
  explicit Sending(std::vector<std::string> urls,
                   std::chrono::milliseconds timeout = std::chrono::seconds{20},
                   SenderOptions options = {})
      : sender_{complete(std::move(options), std::move(urls), timeout),
                [this](Settlement settlement) {
                  told_.with([&](auto& told) { told[settlement.number] = std::move(settlement); });
                },
                Log{make_null_sink(), "messaging", LogLevel::error}} {}

  void send(std::int64_t first, int count, const std::string& destination = "queue") {
    std::vector<Message> messages;
    for (auto number = first; number < first + count; ++number) {
      messages.push_back({.number = number,
                          .destination = destination,
                          .id = fmt::format("id-{}", number),
                          .properties = {{"id", number}},
                          .body = "{}"});
    }
    sender_.send(std::move(messages));
  }
  void send(Message message) { sender_.send({std::move(message)}); }
  /// Waits until `count` were told.
  [[nodiscard]] std::map<std::int64_t, Settlement> wait(std::size_t count) {
    iib::test::eventually(std::chrono::seconds{60}, [&] { return told().size() >= count; });
    return told();
  }
  [[nodiscard]] std::map<std::int64_t, Settlement> told() {
    return told_.with([](const auto& told) { return told; });
  }

 private:
  static SenderOptions complete(SenderOptions options, std::vector<std::string> urls,
                                std::chrono::milliseconds timeout) {
    options.urls = std::move(urls);
    options.timeout = timeout;
    return options;
  }

  Guarded<std::map<std::int64_t, Settlement>> told_;
  Sender sender_;
};

}  // namespace iib::messaging::test
