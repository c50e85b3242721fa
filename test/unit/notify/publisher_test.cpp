#include "iib/notify/publisher.hpp"

#include "../store/store_fixture.hpp"
#include "amqp_broker.hpp"
#include "eventually.hpp"
#include "free_port.hpp"
#include "iib/base/guarded.hpp"
#include "iib/notify/amqp_carrier.hpp"
#include "iib/notify/outbox_watch.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

using namespace iib;
using namespace iib::notify;
using namespace iib::test;
using namespace iib::store::test;
using namespace std::chrono_literals;
using Catch::Contains;
using model::RequestState;
using store::kAmqpChannel;

namespace {

constexpr std::chrono::seconds kLease{60};

/// Keeps the lines of warnings and worse, and of info.
class KeptLines final : public LogSink {
 public:
  void write(LogLevel level, std::string_view, std::string_view message) noexcept override {
    if (level == LogLevel::debug) return;
    lines_.with([&](auto& lines) { lines += fmt::format("{}\n", message); });
  }
  [[nodiscard]] std::string text() {
    return lines_.with([](const auto& lines) { return lines; });
  }
  [[nodiscard]] int count(const std::string& part) {
    const auto all = text();
    int found = 0;
    for (auto at = all.find(part); at != std::string::npos; at = all.find(part, at + 1)) ++found;
    return found;
  }

 private:
  Guarded<std::string> lines_;
};

PublisherOptions quick() {
  PublisherOptions options;
  options.most_tries = 3;
  options.retries = {.attempts = 1, .multiplier = 5ms, .delay = 5ms, .jitter = 5ms, .cap = 20ms};
  options.look = 20ms;
  return options;
}

/// A store whose messages go to a broker of the test.
struct Office {
  StateDir state;
  SystemClock clock;
  std::shared_ptr<KeptLines> lines = std::make_shared<KeptLines>();
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Publisher> publisher;

  Office() {
    store = std::make_unique<store::Store>(
        store::Options{.database = state.database(),
                       .key = test_key(),
                       .destinations = {.build_state = "build", .batch_state = "batch"},
                       .external_url = {},
                       .on_new_states =
                           [this] {
                             if (publisher) publisher->wake();
                           }},
        clock, quiet_log());
  }
  /// The publisher's thread reads the store, whose writer wakes the publisher.
  ~Office() {
    if (publisher) publisher->stop();
    store.reset();
  }
  Office(const Office&) = delete;
  Office& operator=(const Office&) = delete;

  [[nodiscard]] Log log() const { return {lines, "notify", LogLevel::debug}; }
  void open(const std::string& url, PublisherOptions options = quick()) {
    publisher = std::make_unique<Publisher>(std::move(options), *store, clock,
                                            amqp_carrier({.urls = {url},
                                                          .certificate = {},
                                                          .key = {},
                                                          .authorities = {},
                                                          .durable = true,
                                                          .timeout = 20s},
                                                         log()),
                                            log());
  }
  void run_request() const {
    submit_one(*store);
    const auto claim = claim_of(*store->claim("iib", "here", kLease));
    store->progress(claim, "building", {});
    store->finish(claim, RequestState::complete, "done", {});
  }
  [[nodiscard]] bool sent_all() const {
    return eventually(60s, [&] { return store->outbox_counts().waiting == 0; });
  }
};

/// The ids of messages about one request, each once, in the order of their first coming.
std::vector<std::string> states_of(const std::vector<AmqpMessage>& received, int request) {
  std::vector<std::string> states;
  std::vector<std::string> known;
  for (const auto& message : received) {
    const auto id = message.properties.find("id");
    if (id == message.properties.end() || id->second != std::to_string(request)) continue;
    if (std::find(known.begin(), known.end(), message.id) != known.end()) continue;
    known.push_back(message.id);
    states.push_back(message.properties.at("state"));
  }
  return states;
}

const std::vector<std::string> kWholeRun{"\"in_progress\"", "\"in_progress\"", "\"complete\""};

}  // namespace

TEST_CASE("what happens is sent, in order, and leaves the outbox", "[notify]") {
  AmqpBroker broker;
  Office office;
  office.open(broker.url());

  for (int request = 0; request < 5; ++request) office.run_request();

  REQUIRE(office.sent_all());
  const auto received = broker.received();
  CHECK(received.size() == 25);  // three states of a request, two of its batch
  for (int request = 1; request <= 5; ++request) {
    CHECK(states_of(received, request) == kWholeRun);
  }
  // Counted once they have left the outbox.
  CHECK(eventually(10s, [&] { return office.publisher->counts().arrived == 25; }));
}

TEST_CASE("messages wait while no broker is there, then come in order, and this is told once",
          "[notify]") {
  const int port = free_port();
  Office office;
  office.open(fmt::format("amqp://localhost:{}", port));
  for (int request = 0; request < 3; ++request) office.run_request();
  REQUIRE(eventually(10s, [&] { return office.lines->count("messages cannot be sent") > 0; }));
  CHECK(office.store->outbox_counts().waiting == 15);

  AmqpBroker broker{{}, port};

  REQUIRE(office.sent_all());
  CHECK(office.store->outbox_counts().set_aside == 0);
  for (int request = 1; request <= 3; ++request) {
    CHECK(states_of(broker.received(), request) == kWholeRun);
  }
  CHECK(office.lines->count("messages cannot be sent") == 1);
  CHECK(office.lines->count("messages are sent again") == 1);
}

TEST_CASE("a refused message is sent again with its id, and nothing of its request before it",
          "[notify]") {
  std::atomic<int> refusals{0};
  AmqpBroker broker{{.answer =
                         [&](const AmqpMessage& message) {
                           if (message.address == "build" && refusals < 2) {
                             ++refusals;
                             return AmqpAnswer::release;
                           }
                           return AmqpAnswer::accept;
                         },
                     .refused_addresses = {}}};
  Office office;
  office.open(broker.url());

  office.run_request();

  REQUIRE(office.sent_all());
  const auto received = broker.received();
  REQUIRE(received.size() == 7);
  CHECK(received[0].id == received[1].id);
  CHECK(received[1].id == received[2].id);
  CHECK(states_of(received, 1) == kWholeRun);
  CHECK(office.publisher->counts().refused == 2);
}

TEST_CASE("a message refused too often is set aside, and only its request's later ones wait",
          "[notify]") {
  AmqpBroker broker{{.answer =
                         [](const AmqpMessage& message) {
                           const auto id = message.properties.find("id");
                           return id != message.properties.end() && id->second == "1"
                                      ? AmqpAnswer::reject
                                      : AmqpAnswer::accept;
                         },
                     .refused_addresses = {}}};
  Office office;
  office.open(broker.url());

  office.run_request();
  office.run_request();

  REQUIRE(eventually(60s, [&] {
    const auto counts = office.store->outbox_counts();
    return counts.set_aside == 1 && counts.waiting == 2;
  }));
  CHECK(states_of(broker.received(), 2) == kWholeRun);
  // Told once it is stored.
  REQUIRE(eventually(10s, [&] { return office.lines->count("are set aside") > 0; }));
  CHECK(office.lines->count("are set aside") == 1);
  CHECK_THAT(office.lines->text(), Contains("iibd outbox list"));

  broker.behave({});
  store::retry_messages(office.state.database(), {});
  REQUIRE(office.sent_all());
  CHECK(states_of(broker.received(), 1) == kWholeRun);
}

TEST_CASE("a destination that takes nothing does not hold back another", "[notify]") {
  AmqpBroker broker{{.refused_addresses = {"batch"}}};
  Office office;
  office.open(broker.url());

  for (int request = 0; request < 3; ++request) office.run_request();

  REQUIRE(eventually(60s, [&] { return office.store->outbox_counts().waiting == 6; }));
  REQUIRE(
      eventually(10s, [&] { return office.lines->count("messages to batch cannot be sent") > 0; }));
  CHECK(office.lines->count("messages to batch cannot be sent") == 1);
  CHECK(office.store->outbox_counts().set_aside == 0);
  broker.behave({});
  REQUIRE(office.sent_all());
  CHECK(office.lines->count("messages to batch are sent again") == 1);
}

TEST_CASE("a broker that closes in the middle loses nothing", "[notify]") {
  std::atomic<int> got{0};
  AmqpBroker broker{{.answer =
                         [&](const AmqpMessage&) {
                           return ++got % 7 == 0 ? AmqpAnswer::close_connection
                                                 : AmqpAnswer::accept;
                         },
                     .refused_addresses = {}}};
  Office office;
  office.open(broker.url());

  for (int request = 0; request < 20; ++request) office.run_request();

  REQUIRE(office.sent_all());
  for (int request = 1; request <= 20; ++request) {
    CHECK(states_of(broker.received(), request) == kWholeRun);
  }
  CHECK(broker.connections() > 1);
}

TEST_CASE("stopping takes what has arrived out of the outbox and waits for nobody forever",
          "[notify]") {
  AmqpBroker broker{{.answer = [](const AmqpMessage&) { return AmqpAnswer::keep_silent; },
                     .refused_addresses = {}}};
  Office office;
  auto options = quick();
  options.stop = 200ms;
  office.open(broker.url(), options);
  office.run_request();
  REQUIRE(eventually(10s, [&] { return !broker.received().empty(); }));

  const auto begin = std::chrono::steady_clock::now();
  office.publisher->stop();

  CHECK(std::chrono::steady_clock::now() - begin < 15s);
  CHECK(office.store->outbox_counts().waiting == 5);
}

TEST_CASE("above the limit of waiting messages it is warned once, until they are fewer",
          "[notify]") {
  Office office;
  office.run_request();
  OutboxWatch watch{*office.store, 4, office.log(), 10ms};

  REQUIRE(eventually(10s, [&] { return !watch.warnings().empty(); }));
  CHECK_THAT(watch.warnings().front(), Contains("5 messages wait") && Contains("iib_outbox_warn"));
  const auto first = office.store->next_messages(kAmqpChannel, "build", 1);
  office.store->settled({first.front().id});

  REQUIRE(eventually(10s, [&] { return watch.warnings().empty(); }));
  CHECK(office.lines->count("none is dropped") == 1);
}
