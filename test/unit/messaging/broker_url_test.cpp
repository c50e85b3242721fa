#include "messaging/broker_url.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

using namespace iib;
using namespace iib::messaging;
using Catch::Contains;

TEST_CASE("a broker's URL is read with its defaults", "[messaging]") {
  const auto url = parse_broker_url("amqps://broker.example.com");
  CHECK(url.tls);
  CHECK(url.host == "broker.example.com");
  CHECK(url.port == "5671");
  CHECK(url.user.empty());
  CHECK(parse_broker_url("amqp://localhost/").port == "5672");
  CHECK(parse_broker_url("amqp://[::1]:77").host == "::1");
  CHECK(parse_broker_url("amqp://[::1]:77").address() == "amqp://[::1]:77");
}

TEST_CASE("credentials of a URL are decoded, and are not in its address", "[messaging]") {
  const auto url = parse_broker_url("amqps://us%40er:p%3Aw@x@h:1");
  CHECK(url.user == "us@er");
  CHECK(url.password == "p:w@x");
  CHECK(url.address() == "amqps://h:1");
}

TEST_CASE("a URL that names no broker is refused without being repeated", "[messaging]") {
  const std::string text = GENERATE("http://secret", "amqp://", "amqp://secret@", "amqp://secret:0",
                                    "amqp://secret:x", "amqp://secret:70000", "amqp://%zz:secret@h",
                                    "amqp://%4:secret@h", "amqp://h/secret", "amqp://h?secret");
  CAPTURE(text);
  CHECK_THROWS_AS(parse_broker_url(text), UserError);
  CHECK_THROWS_WITH(parse_broker_url(text), Contains("iib_messaging_urls") && !Contains("secret"));
}
