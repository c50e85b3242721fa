#include "loading.hpp"

#include <catch2/catch.hpp>

using namespace iib::config;
using namespace iib::config::test;

TEST_CASE("a job goes to the queue of its user, order and index", "[config]") {
  const auto config = load_text(R"(
iib_user_to_queue:
  alice: alices
  'SERIAL:bob': bobs-serial
  'PARALLEL:bob': bobs-parallel
  bob: bobs
  'SERIAL:carol': ''
  carol: carols
  dave: {all: daves, 'quay.io/ns/index:v4.16': daves-416}
)")
                          .config;
  using Text = std::optional<std::string>;
  const Text index{"quay.io/ns/index:v4.16"};
  const Text other{"quay.io/ns/index:v4.17"};

  CHECK(queue_for(config, std::nullopt, Order::serial, index) == "iib");
  CHECK(queue_for(config, "nobody", Order::serial, index) == "iib");
  CHECK(queue_for(config, "alice", Order::serial, index) == "alices");
  CHECK(queue_for(config, "alice", Order::parallel, std::nullopt) == "alices");
  CHECK(queue_for(config, "bob", Order::serial, index) == "bobs-serial");
  CHECK(queue_for(config, "bob", Order::parallel, index) == "bobs-parallel");
  CHECK(queue_for(config, "carol", Order::serial, index) == "carols");
  CHECK(queue_for(config, "dave", Order::parallel, index) == "daves-416");
  CHECK(queue_for(config, "dave", Order::parallel, other) == "daves");
  CHECK(queue_for(config, "dave", Order::parallel, std::nullopt) == "daves");
}
