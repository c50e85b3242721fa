#include "amqp_broker.hpp"
#include "commands.hpp"
#include "eventually.hpp"
#include "iib/io/json.hpp"
#include "post_office.hpp"

#include <catch2/catch.hpp>

using namespace iib;
using namespace iib::test;
using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("the operator lists, retries and drops refused messages beside the daemon",
          "[messaging]") {
  const PostOffice office;
  AmqpBroker broker{{.answer =
                         [](const AmqpMessage& message) {
                           return message.address == "build" ? AmqpAnswer::reject
                                                             : AmqpAnswer::accept;
                         },
                     .refused_addresses = {}}};
  Daemon daemon{office.state(),
                PostOffice::configuration(broker.url(), "build", "batch", "iib_outbox_tries: 1\n")};
  daemon.start();
  const auto outbox = [&](std::vector<std::string> arguments) {
    std::vector<std::string> command{IIBD_BINARY, "outbox"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.insert(command.end(), {"--config", office.state().string() + ".yaml"});
    return must_run(command);
  };
  const auto listed = [&] { return io::parse_json(outbox({"list", "--format", "json"})); };

  for (int request = 1; request <= 2; ++request) {
    REQUIRE(daemon.post("/api/v1/builds/add", kQuickRequest).status == 201);
    static_cast<void>(daemon.wait_final(request));
  }
  REQUIRE(eventually(60s, [&] { return listed().Size() == 2; }));
  const auto before = listed();
  CHECK(before[0]["subject"] == "request 1");
  CHECK(before[0]["state"] == "set aside");
  CHECK_THAT(before[0]["problem"].GetString(), Contains("rejected"));
  CHECK_THAT(outbox({"list", "--all"}), Contains("held") && Contains("2 set aside"));
  REQUIRE(eventually(60s, [&] {
    return daemon.get("/api/v1/healthcheck").body.find("set aside") != std::string::npos;
  }));

  CHECK_THAT(outbox({"drop", std::to_string(before[1]["number"].GetInt64())}),
             Contains("one message dropped"));
  broker.behave({});
  CHECK_THAT(outbox({"retry", "--all"}), Contains("will be sent again"));

  REQUIRE(eventually(60s, [&] {
    return outbox({"list", "--all"}).find("0 waiting, 0 set aside") != std::string::npos;
  }));
  CHECK(daemon.stop() == 0);
}
