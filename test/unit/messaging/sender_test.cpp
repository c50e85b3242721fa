#include "amqp_broker.hpp"
#include "iib/base/error.hpp"
#include "loopback.hpp"
#include "sending.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <map>

using namespace iib;
using namespace iib::messaging;
using namespace iib::messaging::test;
using namespace iib::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

/// What a broker is given for what it never does: long enough for what a busy one does.
constexpr auto kShort = 1500ms;

std::size_t count(const std::map<std::int64_t, Settlement>& told, Outcome outcome) {
  std::size_t found = 0;
  for (const auto& [number, settlement] : told) found += settlement.outcome == outcome ? 1 : 0;
  return found;
}

/// Takes connections and never says a word.
class SilentServer {
 public:
  SilentServer() { port_.listen(10); }
  [[nodiscard]] std::string url() const {
    return fmt::format("amqp://127.0.0.1:{}", port_.number());
  }

 private:
  OwnPort port_;
};

}  // namespace

TEST_CASE("a message has every field that consumers rely on", "[messaging]") {
  AmqpBroker broker;
  Sending sending{{broker.url()}};

  sending.send(
      {.number = 1,
       .destination = "topic://state",
       .id = "6f1fd8d0-7a0c-4b1e-9f43-0d3f3f8f8a11",
       .properties = {{"batch", std::int64_t{3}}, {"state", std::string{"failed"}}, {"user", {}}},
       .body = R"({"id":7,"é":null})"});

  CHECK(sending.wait(1)[1].outcome == Outcome::accepted);
  const auto got = broker.received().at(0);
  CHECK(got.address == "topic://state");
  CHECK(got.id == "6f1fd8d0-7a0c-4b1e-9f43-0d3f3f8f8a11");
  CHECK(got.correlation_id == got.id);
  CHECK(got.content_type == "application/json");
  CHECK(got.content_encoding.empty());
  CHECK(got.durable);
  CHECK(got.properties == std::map<std::string, std::string>{
                              {"batch", "3"}, {"state", "\"failed\""}, {"user", "null"}});
  CHECK(got.body_is_string);
  CHECK(got.body == R"({"id":7,"é":null})");
}

TEST_CASE("messages need not outlive a restart of the broker when that is configured",
          "[messaging]") {
  AmqpBroker broker;
  SenderOptions options;
  options.durable = false;
  Sending sending{{broker.url()}, 20s, options};

  sending.send(1, 1);

  CHECK(sending.wait(1)[1].outcome == Outcome::accepted);
  CHECK_FALSE(broker.received().at(0).durable);
}

TEST_CASE("messages of one destination come in their order over one connection", "[messaging]") {
  AmqpBroker broker;
  Sending sending{{broker.url()}};

  sending.send(1, 500);
  sending.send(501, 500);
  sending.send(1001, 10, "other");

  CHECK(count(sending.wait(1010), Outcome::accepted) == 1010);
  std::int64_t last = 0;
  for (const auto& message : broker.received()) {
    if (message.address != "queue") continue;
    const auto number = std::stoll(message.properties.at("id"));
    CHECK(number == last + 1);
    last = number;
  }
  CHECK(broker.connections() == 1);
  CHECK(broker.links() == 2);
}

TEST_CASE("no more messages are under way than the broker gave credit for", "[messaging]") {
  AmqpBroker broker{{.credit = 3, .refused_addresses = {}}};
  Sending sending{{broker.url()}};

  sending.send(1, 50);

  CHECK(count(sending.wait(50), Outcome::accepted) == 50);
  CHECK(broker.most_unsettled() <= 3);
}

TEST_CASE("a broker without credit gets nothing, and other destinations do", "[messaging]") {
  AmqpBroker broker{{.credit = 0, .refused_addresses = {}}};
  Sending sending{{broker.url()}, kShort};

  sending.send(1, 2);

  const auto told = sending.wait(2);
  CHECK(count(told, Outcome::link_failed) == 2);
  CHECK_THAT(told.at(1).reason, Contains("did not take a message within 1.5 s"));
  CHECK(broker.received().empty());
  broker.behave({});
  sending.send(3, 1, "other");
  CHECK(sending.wait(3)[3].outcome == Outcome::accepted);
  sending.send(4, 1);
  const auto last = sending.wait(4)[4];
  CAPTURE(last.reason);
  CHECK(last.outcome == Outcome::accepted);
}

TEST_CASE("what the broker rejects or releases is told apart", "[messaging]") {
  AmqpBroker broker{{.answer =
                         [](const AmqpMessage& message) {
                           if (message.id == "id-1") return AmqpAnswer::reject;
                           return message.id == "id-2" ? AmqpAnswer::release : AmqpAnswer::accept;
                         },
                     .refused_addresses = {}}};
  Sending sending{{broker.url()}};

  sending.send(1, 3);

  const auto told = sending.wait(3);
  CHECK(told.at(1).outcome == Outcome::rejected);
  CHECK_THAT(told.at(1).reason, Contains("rejected"));
  CHECK(told.at(2).outcome == Outcome::released);
  CHECK(told.at(3).outcome == Outcome::accepted);
}

TEST_CASE("a refused address fails its own messages, with the broker's reason", "[messaging]") {
  AmqpBroker broker{{.refused_addresses = {"queue"}}};
  Sending sending{{broker.url()}};

  sending.send(1, 2);
  sending.send(3, 2, "other");

  const auto told = sending.wait(4);
  CHECK(told.at(1).outcome == Outcome::link_failed);
  CHECK_THAT(told.at(2).reason, Contains("amqp:not-found") && Contains("no such address queue"));
  CHECK(told.at(3).outcome == Outcome::accepted);
  CHECK(broker.connections() == 1);
  SECTION("and is tried anew with the next message") {
    broker.behave({});
    sending.send(5, 1);
    CHECK(sending.wait(5)[5].outcome == Outcome::accepted);
  }
}

TEST_CASE("a link that ends fails what was under way on it", "[messaging]") {
  AmqpBroker broker{
      {.answer = [](const AmqpMessage&) { return AmqpAnswer::end_link; }, .refused_addresses = {}}};
  Sending sending{{broker.url()}};

  sending.send(1, 5);

  CHECK(count(sending.wait(5), Outcome::link_failed) == 5);
}

TEST_CASE("a lost connection fails what was under way, and the next message makes another",
          "[messaging]") {
  AmqpBroker broker{{.answer =
                         [](const AmqpMessage& message) {
                           return message.id == "id-3" ? AmqpAnswer::close_connection
                                                       : AmqpAnswer::accept;
                         },
                     .refused_addresses = {}}};
  Sending sending{{broker.url()}};

  sending.send(1, 5);

  const auto told = sending.wait(5);
  CHECK(told.at(3).outcome == Outcome::broker_away);
  CHECK_THAT(told.at(3).reason,
             Contains(broker.url()) && Contains("connection:forced") && Contains("the test"));
  sending.send(6, 1);
  CHECK(sending.wait(6)[6].outcome == Outcome::accepted);
  CHECK(broker.connections() == 2);
}

TEST_CASE("a broker that settles nothing is given up after the timeout", "[messaging]") {
  AmqpBroker broker{{.answer = [](const AmqpMessage&) { return AmqpAnswer::keep_silent; },
                     .refused_addresses = {}}};
  Sending sending{{broker.url()}, kShort};

  sending.send(1, 2);

  CHECK(count(sending.wait(2), Outcome::link_failed) == 2);
}

TEST_CASE("URLs are tried in turn, and a reason names all of them without credentials",
          "[messaging]") {
  const SilentServer silent;
  std::string gone;
  {
    const AmqpBroker broker;
    gone = fmt::format("amqp://user:hunter2@localhost:{}", broker.port());
  }

  SECTION("the last one answers") {
    AmqpBroker broker;
    Sending sending{{gone, silent.url(), broker.url()}, kShort};
    sending.send(1, 1);
    CHECK(sending.wait(1)[1].outcome == Outcome::accepted);
  }
  SECTION("none answers") {
    Sending sending{{gone, silent.url()}, kShort};
    sending.send(1, 1);
    const auto told = sending.wait(1);
    REQUIRE(told.at(1).outcome == Outcome::broker_away);
    CHECK_THAT(told.at(1).reason, Contains(gone.substr(gone.find('@') + 1)) &&
                                      Contains(silent.url()) &&
                                      Contains("no answer within 1.5 s") && !Contains("hunter2"));
  }
}

TEST_CASE("ending while a broker keeps silent takes no time", "[messaging]") {
  const SilentServer silent;
  const auto begin = std::chrono::steady_clock::now();
  {
    Sending sending{{silent.url()}, 30s};
    sending.send(1, 1);
  }
  CHECK(std::chrono::steady_clock::now() - begin < 15s);
}

TEST_CASE("a sender without a broker is refused", "[messaging]") {
  CHECK_THROWS_AS(Sending{{}}, UserError);
  CHECK_THROWS_AS(Sending{{"http://x"}}, UserError);
}
