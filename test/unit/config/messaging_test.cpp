#include "loading.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace iib;
using namespace iib::config;
using namespace iib::config::test;
using namespace std::chrono_literals;

TEST_CASE("options of messages have the defaults of the original service", "[config][messages]") {
  const auto config = load_text("").config;

  CHECK(config.messaging_urls.empty());
  CHECK_FALSE(config.messaging_build_state_destination.has_value());
  CHECK_FALSE(config.messaging_batch_state_destination.has_value());
  CHECK(config.messaging_cert == "/etc/iib/messaging.crt");
  CHECK(config.messaging_key == "/etc/iib/messaging.key");
  CHECK(config.messaging_durable);
  CHECK(config.messaging_timeout == 30s);
  CHECK(config.outbox_warn == 10'000);
  CHECK(config.outbox_tries == 10);
  CHECK(config.webhooks.empty());
}

TEST_CASE("options of messages are read", "[config][messages]") {
  const auto config = load_text(
                          "iib_messaging_urls: ['amqp://a', 'amqp://b:7']\n"
                          "iib_messaging_build_state_destination: topic://build\n"
                          "iib_messaging_batch_state_destination: topic://batch\n"
                          "iib_messaging_cert: /srv/cert\n"
                          "iib_messaging_key: /srv/key\n"
                          "iib_messaging_ca: /srv/ca\n"
                          "iib_messaging_durable: false\n"
                          "iib_messaging_timeout: 5\n")
                          .config;

  CHECK(config.messaging_urls == std::vector<std::string>{"amqp://a", "amqp://b:7"});
  CHECK(config.messaging_build_state_destination == "topic://build");
  CHECK(config.messaging_batch_state_destination == "topic://batch");
  CHECK(config.messaging_cert == "/srv/cert");
  CHECK(config.messaging_key == "/srv/key");
  CHECK(config.messaging_ca == "/srv/ca");
  CHECK_FALSE(config.messaging_durable);
  CHECK(config.messaging_timeout == 5s);
}

TEST_CASE("brokers are verified by the default's file, or else by the system's certificates",
          "[config][messages]") {
  const std::filesystem::path original = "/etc/pki/tls/certs/ca-bundle.crt";
  const std::filesystem::path debian = "/etc/ssl/certs/ca-certificates.crt";

  CHECK(load_text("iib_messaging_urls: ['amqps://broker']").config.messaging_ca ==
        (std::filesystem::exists(original) ? original : debian));
}
