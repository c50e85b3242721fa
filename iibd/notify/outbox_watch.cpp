#include "iib/notify/outbox_watch.hpp"

#include "iib/base/cancellation.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

namespace iib::notify {

OutboxWatch::OutboxWatch(const store::Store& store, std::int64_t limit, Log log,
                         std::chrono::milliseconds every)
    : store_{store},
      limit_{limit},
      log_{std::move(log)},
      thread_{[this, every](const std::stop_token& stop) { watch(stop, every); }} {}

std::vector<std::string> OutboxWatch::warnings() const {
  return warnings_.with([](const auto& warnings) { return warnings; });
}

void OutboxWatch::watch(const std::stop_token& stop, std::chrono::milliseconds every) {
  const Cancellation cancellation{stop};
  try {
    for (;;) {
      look();
      cancellation.sleep(every, "watching the outbox");
    }
  } catch (const Cancelled&) {
    return;
  }
}

void OutboxWatch::look() {
  try {
    notice(store_.outbox_counts());
    unreadable_ = false;
  } catch (const std::exception& error) {
    if (!std::exchange(unreadable_, true)) {
      log_.error("the messages in the outbox cannot be counted: {}", one_line(error.what()));
    }
  }
}

void OutboxWatch::notice(const store::OutboxCounts& counts) {
  std::vector<std::string> warnings;
  if (counts.waiting > limit_) {
    warnings.push_back(fmt::format("{} messages wait to be sent, more than iib_outbox_warn ({})",
                                   counts.waiting, limit_));
    if (!above_) log_.warning("{}; none is dropped", warnings.back());
  } else if (above_) {
    log_.info("{} messages wait to be sent, no more than iib_outbox_warn ({}) again",
              counts.waiting, limit_);
  }
  above_ = counts.waiting > limit_;
  if (counts.set_aside > 0) {
    warnings.push_back(fmt::format(
        "{} messages were refused and are set aside, see `iibd outbox list`", counts.set_aside));
    if (!set_aside_) log_.warning("{}", warnings.back());
  }
  set_aside_ = counts.set_aside > 0;
  warnings_.with([&](auto& shown) { shown = std::move(warnings); });
}

}  // namespace iib::notify
