#include "iib/messaging/amqp_sender.hpp"

#include "messaging/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <thread>

namespace iib::messaging {

struct Sender::Impl {
  Impl(SenderOptions options, OnSettled on_settled, const Log& voice)
      : log{voice},
        exchange{std::move(options), std::move(on_settled), voice, container, queue},
        thread{[this] { run(); }} {}
  ~Impl() {
    queue.add([this] {
      exchange.close();
      container.stop();
    });
    thread.join();  // before what it uses ends
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void run() {
    try {
      container.auto_stop(false);
      container.run();
    } catch (const std::exception& error) {
      log.error("internal error: sending messages ended: {}", one_line(error.what()));
    }
  }

  const Log log;
  proton::container container;
  proton::work_queue queue{container};
  Exchange exchange;
  std::jthread thread;
};

Sender::Sender(SenderOptions options, OnSettled on_settled, Log log)
    : impl_{std::make_unique<Impl>(std::move(options), std::move(on_settled), log)} {}

Sender::~Sender() = default;

void Sender::send(std::vector<Message> messages) {
  // Proton copies what it is given to do.
  auto shared = std::make_shared<std::vector<Message>>(std::move(messages));
  impl_->queue.add([impl = impl_.get(), shared] { impl->exchange.take(std::move(*shared)); });
}

std::optional<std::string> missing_certificate(const SenderOptions& options) {
  for (const auto& file : {options.certificate, options.key, options.authorities}) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) {
      return fmt::format("{} does not exist", file.string());
    }
  }
  return std::nullopt;
}

}  // namespace iib::messaging
