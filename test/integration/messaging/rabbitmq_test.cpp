#include "rabbitmq.hpp"

#include "amqp_broker.hpp"
#include "auth_certificates.hpp"
#include "eventually.hpp"
#include "iib/io/json.hpp"
#include "post_office.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace iib;
using namespace iib::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

constexpr auto kTopic = "/topic/iib.build";
constexpr auto kQueue = "/queue/iib.batch";

std::vector<AmqpMessage> from(const AmqpConsumer& consumer, const std::string& address,
                              std::size_t count) {
  std::vector<AmqpMessage> found;
  eventually(120s, [&] {
    found.clear();
    for (const auto& message : consumer.received()) {
      if (message.address == address) found.push_back(message);
    }
    return found.size() >= count;
  });
  return found;
}

void check_fields(const AmqpMessage& message) {
  CHECK(message.id.size() == 36);
  CHECK(message.correlation_id == message.id);
  CHECK(message.content_type == "application/json");
  CHECK(message.content_encoding.empty());
  CHECK(message.durable);
  CHECK(message.body_is_string);
}

}  // namespace

TEST_CASE("messages of a real daemon arrive at RabbitMQ, field by field", "[messaging]") {
  if (!RabbitMq::installed()) IIBD_SKIP("needs rabbitmq-server");
  const PostOffice office;
  const Authority authority{office.directory.path(), "authority"};
  const Authority stranger{office.directory.path(), "stranger"};
  authority.issue("broker");
  authority.issue("iibd");
  const auto file = [&](const char* name) { return (office.directory.path() / name).string(); };
  const RabbitMq rabbit{RabbitTls{.certificate = file("broker.pem"),
                                  .key = file("broker.key"),
                                  .authorities = authority.certificate()}};
  const AmqpConsumer consumer{rabbit.url(), {kTopic, kQueue}};
  const auto certificates = [&](const Authority& trusted) {
    return fmt::format("iib_messaging_cert: {}\niib_messaging_key: {}\niib_messaging_ca: {}\n",
                       file("iibd.pem"), file("iibd.key"), trusted.certificate().string());
  };
  const auto configuration = [&](const std::string& url, const Authority& trusted) {
    // The consumer has declared that queue, as a durable one.
    return PostOffice::configuration(url, kTopic, "/amq/queue/iib.batch", certificates(trusted));
  };

  {  // plain
    Daemon daemon{office.state(), configuration(rabbit.url(), authority)};
    daemon.start();
    const auto created = daemon.post("/api/v1/builds/add", kQuickRequest);
    REQUIRE(created.status == 201);
    static_cast<void>(daemon.wait_final(1));

    const auto builds = from(consumer, kTopic, 2);
    REQUIRE(builds.size() == 2);
    for (const auto& message : builds) check_fields(message);
    CHECK(builds[0].properties ==
          std::map<std::string, std::string>{
              {"batch", "1"}, {"id", "1"}, {"state", "\"in_progress\""}, {"user", "null"}});
    CHECK(builds[1].properties.at("state") == "\"failed\"");
    const auto body = io::parse_json(builds[1].body);
    CHECK(body["id"].GetInt() == 1);
    CHECK(body["state"] == "failed");
    CHECK_FALSE(body.HasMember("state_history"));

    const auto batches = from(consumer, kQueue, 2);
    REQUIRE(batches.size() == 2);
    for (const auto& message : batches) check_fields(message);
    CHECK(batches[0].properties == std::map<std::string, std::string>{{"batch", "1"},
                                                                      {"state", "\"in_progress\""},
                                                                      {"user", "null"}});
    CHECK(batches[1].body == R"({"batch":1,"annotations":null,"state":"failed","user":null,)"
                             R"("requests":[{"id":1,"organization":null,"request_type":"add"}]})");
    CHECK(daemon.stop() == 0);
    CHECK_THAT(daemon.log(), !Contains("guest:guest"));
  }
  {  // a broker that is not verified gets nothing
    Daemon daemon{office.state(), configuration(rabbit.tls_url(), stranger)};
    daemon.start();
    REQUIRE(daemon.post("/api/v1/builds/add", kQuickRequest).status == 201);
    CHECK(eventually(60s, [&] {
      return daemon.log().find("messages cannot be sent (amqp)") != std::string::npos;
    }));
    CHECK_THAT(daemon.log(), Contains("certificate verify failed"));
    static_cast<void>(daemon.wait_final(2));
    CHECK(daemon.stop() == 0);
    CHECK(from(consumer, kTopic, 2).size() == 2);
  }
  {  // with the right authority and our certificate all of them come
    Daemon daemon{office.state(), configuration(rabbit.tls_url(), authority)};
    daemon.start();
    const auto builds = from(consumer, kTopic, 4);
    CHECK(builds.size() == 4);
    CHECK(from(consumer, kQueue, 4).size() == 4);
    CHECK_THAT(daemon.log(), Contains("connected to broker amqps://localhost"));
    CHECK(daemon.stop() == 0);
  }
}
