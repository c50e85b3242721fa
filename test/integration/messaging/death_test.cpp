// Kills broker and daemon while requests come. The seed is printed; IIBD_SOAK_SEED repeats it (the
// moments, not the machine's timing). IIBD_SOAK=1: the full size.

#include "amqp_broker.hpp"
#include "eventually.hpp"
#include "iib/io/json.hpp"
#include "post_office.hpp"
#include "rabbitmq.hpp"
#include "size.hpp"
#include "skip.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <future>
#include <random>
#include <set>

using namespace iib;
using namespace iib::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kBuilds = "/queue/iib.build";
constexpr auto kBatches = "/queue/iib.batch";

struct Size {
  int requests;
  int deaths_of_broker;
  int deaths_of_daemon;
};

Size size() {
  if (long_run()) return {.requests = 200, .deaths_of_broker = 5, .deaths_of_daemon = 5};
  return {.requests = 40, .deaths_of_broker = 1, .deaths_of_daemon = 3};
}

/// After which requests something dies.
std::multiset<int> moments(std::mt19937& chance, int count, int requests) {
  std::multiset<int> chosen;
  while (static_cast<int>(chosen.size()) < count) {
    chosen.insert(static_cast<int>(chance() % static_cast<unsigned>(requests)));
  }
  return chosen;
}

using Told = std::map<std::int64_t, std::vector<std::string>>;

/// What the database says of each request: its states with their reasons, in order.
Told stored_states(const std::filesystem::path& path) {
  SQLite::Database database{path.string()};
  SQLite::Statement rows{database, "SELECT request_id, reason FROM request_state ORDER BY id"};
  Told states;
  while (rows.executeStep()) {
    states[rows.getColumn(0).getInt64()].push_back(rows.getColumn(1).getString());
  }
  return states;
}

/// The same as the messages say it; doubles of equal ids count once.
Told told_states(const std::vector<AmqpMessage>& messages, const char* address, const char* subject,
                 const char* text) {
  Told states;
  std::set<std::string> known;
  for (const auto& message : messages) {
    if (message.address != address || !known.insert(message.id).second) continue;
    const auto body = io::parse_json(message.body);
    states[body[subject].GetInt64()].emplace_back(body[text].GetString());
  }
  return states;
}

std::int64_t waiting(const std::filesystem::path& path) {
  SQLite::Database database{path.string()};
  return database.execAndGet("SELECT count(*) FROM outbox").getInt64();
}

void post(Daemon& daemon) {
  REQUIRE(eventually(
      60s, [&] { return daemon.post("/api/v1/builds/add", kQuickRequest).status == 201; }));
}

}  // namespace

TEST_CASE("every state of every request arrives in order however broker and daemon die",
          "[messaging]") {
  if (!RabbitMq::installed()) IIBD_SKIP("needs rabbitmq-server");
  const auto [requests, deaths_of_broker, deaths_of_daemon] = size();
  std::mt19937 chance{chosen_seed()};
  const auto broker_dies = moments(chance, deaths_of_broker, requests);
  const auto daemon_dies = moments(chance, deaths_of_daemon, requests);
  RabbitMq rabbit;
  { const AmqpConsumer declares{rabbit.url(), {kBuilds, kBatches}}; }
  const PostOffice office;
  Daemon daemon{office.state(),
                PostOffice::configuration(rabbit.url(), "/amq/queue/iib.build",
                                          "/amq/queue/iib.batch", "iib_queues: {iib: 4}\n")};
  daemon.start();

  std::future<void> rises;
  for (int request = 0; request < requests; ++request) {
    post(daemon);
    for (auto count = broker_dies.count(request); count > 0; --count) {
      if (rises.valid()) rises.get();
      rabbit.kill();
      rises = std::async(std::launch::async, [&rabbit] { rabbit.start(); });
    }
    for (auto count = daemon_dies.count(request); count > 0; --count) {
      daemon.kill();
      daemon.start();
    }
  }
  if (rises.valid()) rises.get();
  for (int request = 1; request <= requests; ++request) {
    static_cast<void>(daemon.wait_final(request));
  }

  // The daemon looks for a broker that was away every minute or so.
  CHECK(eventually(180s, [&] { return waiting(office.database()) == 0; }));
  CHECK(daemon.stop() == 0);
  const AmqpConsumer consumer{rabbit.url(), {kBuilds, kBatches}};
  const auto expected = stored_states(office.database());
  eventually(120s, [&] {
    return told_states(consumer.received(), kBuilds, "id", "state_reason") == expected &&
           told_states(consumer.received(), kBatches, "batch", "state").size() == expected.size();
  });

  const auto received = consumer.received();
  CHECK(expected.size() >= static_cast<std::size_t>(requests));
  CHECK(told_states(received, kBuilds, "id", "state_reason") == expected);
  Told batches;  // one for each request, which all end so
  for (const auto& [request, states] : expected) batches[request] = {"in_progress", "failed"};
  CHECK(told_states(received, kBatches, "batch", "state") == batches);
  std::map<std::string, std::string> bodies;
  for (const auto& message : received) {
    const auto& first = bodies.try_emplace(message.id, message.body).first->second;
    CHECK(message.body == first);  // what comes twice is the same
  }
  WARN(received.size() << " messages, " << received.size() - bodies.size() << " of them doubles");
}
