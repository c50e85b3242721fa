#include "amqp_broker.hpp"
#include "eventually.hpp"
#include "free_port.hpp"
#include "iib/base/guarded.hpp"
#include "post_office.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

using namespace iib;
using namespace iib::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

std::int64_t waiting(const std::filesystem::path& path) {
  SQLite::Database database{path.string()};
  return database.execAndGet("SELECT count(*) FROM outbox").getInt64();
}

/// Keeps the daemon from writing to its database, as another program may for a while.
class Lock {
 public:
  void take(const std::filesystem::path& path) {
    held_.with([&](auto& held) {
      held.emplace(path.string(), SQLite::OPEN_READWRITE, 10'000);
      held->exec("BEGIN IMMEDIATE");
    });
  }
  void release() {
    held_.with([](auto& held) { held.reset(); });
  }

 private:
  Guarded<std::optional<SQLite::Database>> held_;
};

std::vector<std::string> ids_of(const std::vector<AmqpMessage>& messages) {
  std::vector<std::string> ids;
  for (const auto& message : messages) ids.push_back(message.id);
  return ids;
}

/// The states that the messages about one request tell, doubles once.
std::vector<std::string> states_of(const std::vector<AmqpMessage>& messages, int request) {
  std::vector<std::string> states;
  std::set<std::string> known;
  for (const auto& message : messages) {
    if (message.address != "build" || !known.insert(message.id).second) continue;
    if (message.properties.at("id") != std::to_string(request)) continue;
    states.push_back(message.properties.at("state"));
  }
  return states;
}

}  // namespace

TEST_CASE("what the broker has settled and nobody could note yet comes twice only after a death",
          "[messaging]") {
  const PostOffice office;
  Lock lock;
  std::atomic<bool> locked = false;
  // The database is locked between the message's coming to the broker and the broker's word on it,
  // so that the daemon hears that word and cannot note it.
  AmqpBroker broker{{.answer =
                         [&](const AmqpMessage&) {
                           if (!locked.exchange(true)) lock.take(office.database());
                           return AmqpAnswer::accept;
                         },
                     .refused_addresses = {}}};
  Daemon daemon{office.state(), PostOffice::configuration(broker.url(), "build", "batch",
                                                          "iib_queues: {iib: 0}\n")};
  daemon.start();
  REQUIRE(daemon.post("/api/v1/builds/add", kQuickRequest).status == 201);
  REQUIRE(eventually(60s, [&] {
    return daemon.log().find("the outbox cannot be read or written") != std::string::npos;
  }));
  REQUIRE(broker.received().size() == 1);
  const auto first = broker.received().front();

  SECTION("without one it is removed later, and not sent again") {
    lock.release();
    REQUIRE(eventually(60s, [&] { return waiting(office.database()) == 0; }));
    CHECK(broker.received().size() == 2);
    CHECK_THAT(daemon.log(), Contains("the outbox can be read and written again"));
  }
  SECTION("after one the same message comes again, before any later one of its request") {
    daemon.kill();
    lock.release();
    daemon.start();
    const auto ended =
        daemon.patch("/api/v1/builds/1", R"({"state": "failed", "state_reason": "no"})");
    REQUIRE(ended.status == 200);

    REQUIRE(eventually(60s, [&] { return waiting(office.database()) == 0; }));
    const auto received = broker.received();
    REQUIRE(received.size() == 5);  // two states of the request, two of its batch, and the double
    CHECK(received[1].id == first.id);
    CHECK(received[1].body == first.body);
    CHECK(received[1].properties == first.properties);
    const auto ids = ids_of(received);
    CHECK(std::set<std::string>{ids.begin(), ids.end()}.size() == 4);
    CHECK(states_of(received, 1) == std::vector<std::string>{"\"in_progress\"", "\"failed\""});
  }
}

TEST_CASE("while no broker is there requests run, the operator is told, and nothing is lost",
          "[messaging]") {
  const PostOffice office;
  const int port = free_port();
  // Two brokers, one of them by TLS: nobody listens there.
  const auto urls = fmt::format("amqps://localhost:{}', 'amqp://localhost:{}", port, port);
  Daemon daemon{office.state(),
                PostOffice::configuration(urls, "build", "batch", "iib_outbox_warn: 3\n")};
  daemon.start();
  CHECK_THAT(daemon.log(), Contains("brokers get no client certificate of ours: "));

  for (int request = 1; request <= 3; ++request) {
    REQUIRE(daemon.post("/api/v1/builds/add", kQuickRequest).status == 201);
    const auto document = daemon.wait_final(request);
    CHECK(document["state"] == "failed");
    CHECK_THAT(document["state_reason"].GetString(), !Contains("broker"));
  }
  CHECK(eventually(60s, [&] {
    const auto health = daemon.get("/api/v1/healthcheck");
    return health.status == 200 &&
           health.body.find("12 messages wait to be sent, more than iib_outbox_warn (3)") !=
               std::string::npos;
  }));
  CHECK_THAT(daemon.log(), Contains("more than iib_outbox_warn (3); none is dropped") &&
                               Contains("messages cannot be sent (amqp)"));
  CHECK(waiting(office.database()) == 12);

  daemon.kill();
  const AmqpBroker broker{{}, port};
  daemon.start();
  REQUIRE(eventually(60s, [&] { return waiting(office.database()) == 0; }));
  CHECK(broker.received().size() == 12);
  for (int request = 1; request <= 3; ++request) {
    CHECK(states_of(broker.received(), request) ==
          std::vector<std::string>{"\"in_progress\"", "\"failed\""});
  }
}
