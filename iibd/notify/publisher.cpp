#include "iib/notify/publisher.hpp"

#include "iib/base/error.hpp"
#include "notify/pauses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>

namespace iib::notify {
namespace {

using Steady = std::chrono::steady_clock;

/// What other threads tell the publisher's.
class Inbox {
 public:
  void put(Report report) {
    const std::scoped_lock lock{mutex_};
    reports_.push_back(std::move(report));
    arrived_.notify_one();
  }
  void wake() {
    const std::scoped_lock lock{mutex_};
    woken_ = true;
    arrived_.notify_one();
  }
  /// What has come; waits for something until `deadline`.
  std::vector<Report> take(const std::stop_token& stop, Steady::time_point deadline) {
    std::unique_lock lock{mutex_};
    arrived_.wait_until(lock, stop, deadline, [this] { return woken_ || !reports_.empty(); });
    woken_ = false;
    return std::exchange(reports_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::vector<Report> reports_;
  bool woken_ = false;
};

}  // namespace

struct Publisher::Impl {
  Impl(PublisherOptions given, store::Store& used_store, const Clock& used_clock,
       const MakeCarrier& make_carrier, Log voice)
      : options{std::move(given)},
        store{used_store},
        clock{used_clock},
        log{std::move(voice)},
        carrier{make_carrier([this](Report report) { inbox.put(std::move(report)); })},
        thread{[this](const std::stop_token& stop) { serve(stop); }} {}

  void serve(const std::stop_token& stop);
  void publish();
  void publish_to(const std::string& destination);
  void drain();
  void handle(std::vector<Report> reports);
  void store_outcomes();
  void count_refusal(const Report& report, int tries);
  void receiver_failed(const Report& report);
  void destination_failed(const std::string& destination, const std::string& reason);
  void destination_worked(const std::string& destination);
  void store_failed(const std::exception& error);
  [[nodiscard]] double random() { return std::uniform_real_distribution<>{}(chance); }

  /// A message with the carrier.
  struct UnderWay {
    std::string destination;
    int tries = 0;
  };

  const PublisherOptions options;
  store::Store& store;
  const Clock& clock;
  const Log log;
  Inbox inbox;
  std::atomic<std::uint64_t> arrived{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> set_aside{0};

  // The thread's own.
  std::mt19937 chance{std::random_device{}()};
  std::unordered_map<store::OutboxId, UnderWay> under_way;
  std::map<std::string, std::size_t> loads;  // messages under way by destination
  Pause receiver;
  std::map<std::string, Pause> destinations;
  Pause database;
  std::vector<store::OutboxId> settled;  // to be removed
  std::vector<store::Refusal> refusals;  // to be put back

  std::unique_ptr<Carrier> carrier;
  std::jthread thread;  // last: it ends before what it uses
};

void Publisher::Impl::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    handle(inbox.take(stop, Steady::now() + options.look));
    if (stop.stop_requested() || database.holds(Steady::now())) continue;
    try {
      store_outcomes();
      if (!receiver.holds(Steady::now())) publish();
      if (database.worked(Steady::now())) log.info("the outbox can be read and written again");
    } catch (const std::exception& error) {
      store_failed(error);
    }
  }
  drain();
}

/// What is under way may still arrive, and then need not be sent again.
void Publisher::Impl::drain() {
  const auto deadline = Steady::now() + options.stop;
  while (!under_way.empty() && Steady::now() < deadline) handle(inbox.take({}, deadline));
  try {
    store_outcomes();
  } catch (const std::exception& error) {
    store_failed(error);
  }
}

void Publisher::Impl::publish() {
  for (const auto& destination : store.destinations_waiting(options.channel)) {
    if (destinations[destination].holds(Steady::now())) continue;
    // Not for every message that arrives: those under way are read again.
    if (loads[destination] <= options.window / 2) publish_to(destination);
  }
}

void Publisher::Impl::publish_to(const std::string& destination) {
  auto messages = store.next_messages(options.channel, destination, options.window);
  std::erase_if(messages, [&](const auto& message) { return under_way.contains(message.id); });
  messages.resize(std::min(messages.size(), options.window - loads[destination]));
  if (messages.empty()) return;
  for (const auto& message : messages) {
    under_way[message.id] = {.destination = destination, .tries = message.tries};
  }
  loads[destination] += messages.size();
  carrier->carry(std::move(messages));
}

void Publisher::Impl::handle(std::vector<Report> reports) {
  for (auto& report : reports) {
    const auto found = under_way.find(report.message);
    if (found == under_way.end()) continue;
    const auto message = std::move(found->second);
    under_way.erase(found);
    --loads[message.destination];
    switch (report.fate) {
      case Fate::arrived:
        settled.push_back(report.message);
        destination_worked(message.destination);
        break;
      case Fate::refused:
        count_refusal(report, message.tries);
        destination_worked(message.destination);
        break;
      case Fate::destination_away:
        destination_failed(message.destination, report.reason);
        break;
      case Fate::receiver_away:
        receiver_failed(report);
        break;
    }
  }
}

void Publisher::Impl::store_outcomes() {
  if (!settled.empty()) {
    store.settled(settled);
    arrived += settled.size();
    settled.clear();
  }
  if (refusals.empty()) return;
  const int aside = store.refused(refusals, options.most_tries);
  const auto& last = refusals.back();
  if (aside > 0) {
    log.warning(
        "{} messages were refused {} times and are set aside, the last one, {}: {}; see `iibd "
        "outbox list`",
        aside, options.most_tries, last.id.value(), last.reason);
  }
  set_aside += static_cast<std::uint64_t>(aside);
  refused += refusals.size();
  refusals.clear();
}

void Publisher::Impl::count_refusal(const Report& report, int tries) {
  const auto wait = retry_wait(options.retries, tries + 1, random());
  log.debug("message {} was refused (try {} of {}): {}", report.message.value(), tries + 1,
            options.most_tries, report.reason);
  refusals.push_back(
      {.id = report.message, .reason = report.reason, .next_try = clock.now() + wait});
}

void Publisher::Impl::receiver_failed(const Report& report) {
  if (!receiver.failed(options.retries, Steady::now(), random())) return;
  log.warning(
      "messages cannot be sent ({}): {}; they wait, next try in about a second, later ones "
      "up to {} s apart",
      options.channel, report.reason,
      std::chrono::duration_cast<std::chrono::seconds>(options.retries.cap).count());
}

void Publisher::Impl::destination_failed(const std::string& destination,
                                         const std::string& reason) {
  if (!destinations[destination].failed(options.retries, Steady::now(), random())) return;
  log.warning(
      "messages to {} cannot be sent: {}; they wait, next try in about a second, later "
      "ones up to {} s apart",
      destination, reason,
      std::chrono::duration_cast<std::chrono::seconds>(options.retries.cap).count());
}

void Publisher::Impl::destination_worked(const std::string& destination) {
  const auto now = Steady::now();
  if (const auto lasted = receiver.worked(now)) {
    log.info("messages are sent again ({}), after {} s", options.channel, lasted->count());
  }
  if (const auto lasted = destinations[destination].worked(now)) {
    log.info("messages to {} are sent again, after {} s", destination, lasted->count());
  }
}

void Publisher::Impl::store_failed(const std::exception& error) {
  if (!database.failed(options.retries, Steady::now(), random())) return;
  log.error("the outbox cannot be read or written: {}", one_line(error.what()));
}

Publisher::Publisher(PublisherOptions options, store::Store& store, const Clock& clock,
                     const MakeCarrier& make_carrier, Log log)
    : impl_{
          std::make_unique<Impl>(std::move(options), store, clock, make_carrier, std::move(log))} {}

Publisher::~Publisher() {
  stop();
}

void Publisher::wake() {
  impl_->inbox.wake();
}

void Publisher::stop() {
  impl_->thread.request_stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

PublisherCounts Publisher::counts() const {
  return {.arrived = impl_->arrived, .refused = impl_->refused, .set_aside = impl_->set_aside};
}

}  // namespace iib::notify
