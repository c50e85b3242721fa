#include "iib/store/outbox.hpp"
#include "store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <random>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using namespace std::chrono_literals;
using Catch::Contains;
using model::RequestState;

namespace {

constexpr std::chrono::seconds kLease{60};
constexpr auto kBuild = "topic://build";
constexpr auto kBatch = "topic://batch";
constexpr int kTries = 3;

/// A store with both kinds of message.
struct Post {
  StateDir state;
  std::unique_ptr<Store> store;

  Post() {
    state.destinations = {.build_state = kBuild, .batch_state = kBatch};
    store = state.open();
  }
  [[nodiscard]] std::vector<OutboxMessage> next(const std::string& destination,
                                                std::size_t most = 100) const {
    return store->next_messages(kAmqpChannel, destination, most);
  }
  [[nodiscard]] std::vector<std::string> subjects(const std::string& destination) const {
    std::vector<std::string> found;
    for (const auto& message : next(destination)) found.push_back(message.subject);
    return found;
  }
  void settle_all(const std::string& destination) const {
    std::vector<OutboxId> ids;
    for (const auto& message : next(destination)) ids.push_back(message.id);
    store->settled(ids);
  }
  void refuse(const OutboxMessage& message, int times = 1) const {
    for (int time = 0; time < times; ++time) {
      store->refused({{.id = message.id, .reason = "no", .next_try = state.clock.now()}}, kTries);
    }
  }
  [[nodiscard]] auto listed(OutboxView view = OutboxView::all) const {
    return list_messages(state.database(), view, 100);
  }
};

using Subjects = std::vector<std::string>;

}  // namespace

TEST_CASE("destinations are named while messages wait for them", "[store]") {
  Post post;
  CHECK(post.store->destinations_waiting(kAmqpChannel).empty());

  submit_one(*post.store);

  CHECK(post.store->destinations_waiting(kAmqpChannel) == Subjects{kBatch, kBuild});
  CHECK(post.store->destinations_waiting("webhook").empty());
  CHECK(post.next("topic://other").empty());
}

TEST_CASE("of each request only its oldest message may be sent", "[store]") {
  Post post;
  submit(*post.store, batch_of(new_request(), new_request()));
  const auto claim = claim_of(*post.store->claim("iib", "here", kLease));
  post.store->progress(claim, "building", {});

  const auto first = post.next(kBuild);

  REQUIRE(post.subjects(kBuild) == Subjects{"request 1", "request 2"});
  CHECK(first[0].id < first[1].id);
  CHECK(first[0].kind == "build-state");
  CHECK_THAT(first[0].body, Contains("waits for a worker"));
  post.store->settled({first[0].id});
  CHECK(post.subjects(kBuild) == Subjects{"request 2", "request 1"});
  CHECK_THAT(post.next(kBuild).back().body, Contains("building"));
}

TEST_CASE("asking again gives the same message with the same id until it is settled", "[store]") {
  Post post;
  submit_one(*post.store);

  const auto first = post.next(kBuild);
  post.store = nullptr;
  post.store = post.state.open();

  REQUIRE(first.size() == 1);
  REQUIRE(post.next(kBuild).size() == 1);
  CHECK(post.next(kBuild).front().message_id == first.front().message_id);
  post.store->settled({first.front().id});
  CHECK(post.next(kBuild).empty());
  CHECK_NOTHROW(post.store->settled({first.front().id}));
}

TEST_CASE("a batch is told after all that was written before of its requests", "[store]") {
  Post post;
  submit(*post.store, batch_of(new_request(), new_request()));
  CHECK(post.next(kBatch).empty());

  post.store->settled({post.next(kBuild).front().id});
  CHECK(post.next(kBatch).empty());
  post.store->settled({post.next(kBuild).front().id});

  CHECK(post.subjects(kBatch) == Subjects{"batch 1"});
}

TEST_CASE("no more messages are given than were asked for", "[store]") {
  Post post;
  submit(*post.store, batch_of(new_request(), new_request(), new_request()));

  CHECK(post.next(kBuild, 2).size() == 2);
}

TEST_CASE("a refused message waits for its time, and with it its request's alone", "[store]") {
  Post post;
  submit_one(*post.store);
  submit_one(*post.store);
  const auto first = post.next(kBuild).front();

  post.store->refused({{.id = first.id, .reason = "no", .next_try = post.state.clock.now() + 5s}},
                      kTries);

  CHECK(post.subjects(kBuild) == Subjects{"request 2"});
  post.state.clock.advance(5s);
  REQUIRE(post.subjects(kBuild) == Subjects{"request 1", "request 2"});
  CHECK(post.next(kBuild).front().tries == 1);
}

TEST_CASE("a message refused too often is set aside and holds back only its request's", "[store]") {
  Post post;
  submit(*post.store, batch_of(new_request(), new_request()));
  const auto first = post.next(kBuild).front();
  post.refuse(first, kTries - 1);
  CHECK(post.store->outbox_counts().set_aside == 0);

  post.refuse(first);
  const auto claim = claim_of(*post.store->claim("iib", "here", kLease));
  post.store->progress(claim, "building", {});

  CHECK(post.store->outbox_counts().set_aside == 1);
  CHECK(post.store->outbox_counts().waiting == 3);
  CHECK(post.subjects(kBuild) == Subjects{"request 2"});
  post.settle_all(kBuild);
  CHECK(post.subjects(kBatch) == Subjects{"batch 1"});

  SECTION("it is listed with its reason") {
    const auto listed = post.listed(OutboxView::set_aside);
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].id == first.id);
    CHECK(listed[0].subject == "request 1");
    CHECK(listed[0].tries == kTries);
    CHECK(listed[0].problem == "no");
    CHECK(listed[0].written == post.state.clock.now());
    CHECK(post.listed().size() == 3);
    CHECK(post.listed().back().state == OutboxEntry::State::held);
  }
  SECTION("retried, it comes first, with its id") {
    CHECK(retry_messages(post.state.database(), {}) == 1);
    CHECK(post.subjects(kBuild) == Subjects{"request 1"});
    CHECK(post.next(kBuild).front().message_id == first.message_id);
    CHECK(post.next(kBuild).front().tries == 0);
    post.settle_all(kBuild);
    CHECK_THAT(post.next(kBuild).front().body, Contains("building"));
  }
  SECTION("dropped, the next of its request is sent") {
    CHECK(drop_messages(post.state.database(), {first.id}) == 1);
    CHECK(post.subjects(kBuild) == Subjects{"request 1"});
    CHECK_THAT(post.next(kBuild).front().body, Contains("building"));
    CHECK(post.store->outbox_counts().set_aside == 0);
  }
}

TEST_CASE("the operator's orders change nothing when one of them cannot be followed", "[store]") {
  Post post;
  submit_one(*post.store);
  const auto first = post.next(kBuild).front();
  post.refuse(first, kTries);
  const OutboxId absent{99};

  CHECK_THROWS_WITH(retry_messages(post.state.database(), {first.id, absent}),
                    Contains("message 99 is not set aside"));
  CHECK_THROWS_WITH(drop_messages(post.state.database(), {first.id, absent}),
                    Contains("there is no message 99"));
  CHECK(post.store->outbox_counts().set_aside == 1);
  CHECK_THROWS_WITH(count_messages("/nowhere/iibd.db"), Contains("there is no database"));
}

TEST_CASE("a message that waits can be dropped by its number", "[store]") {
  Post post;
  submit_one(*post.store);
  const auto first = post.next(kBuild).front();

  CHECK(drop_messages(post.state.database(), {}) == 0);
  CHECK(drop_messages(post.state.database(), {first.id}) == 1);

  CHECK(post.next(kBuild).empty());
}

TEST_CASE("messages of before the outbox knew channels are sent after the upgrade", "[store]") {
  Post post;
  submit_one(*post.store);
  const auto before = post.next(kBuild).front();
  post.store = nullptr;
  SQLite::Database database{post.state.database().string(), SQLite::OPEN_READWRITE};
  database.exec(R"sql(
    CREATE TABLE old AS SELECT id, event_id, kind, destination, message_id, properties, body
                          FROM outbox;
    DROP TABLE outbox;
    ALTER TABLE old RENAME TO outbox;
    PRAGMA user_version = 4;
  )sql");

  post.store = post.state.open();

  REQUIRE(post.subjects(kBuild) == Subjects{"request 1"});
  CHECK(post.next(kBuild).front().message_id == before.message_id);
  post.settle_all(kBuild);
  CHECK(post.subjects(kBatch) == Subjects{"batch 1"});
}

TEST_CASE("random settling and refusing keeps the order of every request and batch", "[store]") {
  Post post;
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 chance{seed};
  const auto once_in = [&](unsigned odds) { return chance() % odds == 0; };
  std::map<std::string, std::int64_t> last;
  std::map<std::string, int> received;

  for (int step = 0; step < 300; ++step) {
    if (step < 150 && once_in(3)) {
      submit(*post.store,
             once_in(2) ? batch_of(new_request(), new_request()) : batch_of(new_request()));
    }
    if (once_in(2)) {
      if (const auto job = post.store->claim("iib", "here", kLease)) {
        post.store->progress(claim_of(*job), "building", {});
        post.store->finish(claim_of(*job), RequestState::complete, "done", {});
      }
    }
    for (const auto* destination : {kBuild, kBatch}) {
      for (const auto& message : post.next(destination, 5)) {
        if (step < 250 && once_in(3)) {
          post.refuse(message);
        } else {
          CHECK(last[message.subject] < message.id.value());
          last[message.subject] = message.id.value();
          ++received[message.subject];
          post.store->settled({message.id});
        }
      }
    }
    if (once_in(20)) retry_messages(post.state.database(), {});
  }
  while (post.store->claim("iib", "here", kLease)) {
  }
  const auto is_left = [&] {
    const auto counts = post.store->outbox_counts();
    return counts.waiting > 0 || counts.set_aside > 0;
  };
  for (int round = 0; round < 1000 && is_left(); ++round) {
    retry_messages(post.state.database(), {});
    post.settle_all(kBuild);
    post.settle_all(kBatch);
  }

  CHECK(post.store->outbox_counts().waiting == 0);
  CHECK(post.store->outbox_counts().set_aside == 0);
}
