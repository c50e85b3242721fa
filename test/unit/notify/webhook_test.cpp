#include "iib/notify/webhook.hpp"

#include "../store/store_fixture.hpp"
#include "eventually.hpp"
#include "http_test_server.hpp"
#include "iib/base/guarded.hpp"
#include "iib/io/json.hpp"
#include "iib/notify/publisher.hpp"
#include "loopback.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>

using namespace iib;
using namespace iib::notify;
using namespace iib::test;
using namespace iib::store::test;
using namespace std::chrono_literals;
using Catch::Contains;
using model::RequestState;

namespace {

constexpr std::chrono::seconds kLease{60};
const std::string kChannel = "webhook http://there/hook";

PublisherOptions quick() {
  PublisherOptions options;
  options.channel = kChannel;
  options.most_tries = 3;
  options.retries = {.attempts = 1, .multiplier = 5ms, .delay = 5ms, .jitter = 5ms, .cap = 20ms};
  options.look = 20ms;
  return options;
}

std::filesystem::path write_secret(const std::filesystem::path& directory,
                                   const std::string& text) {
  auto file = directory / "webhook.key";
  std::ofstream{file} << text;
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  return file;
}

/// A store whose messages go to a server of the test.
struct Office {
  explicit Office(std::vector<std::string> kinds = {"build-state", "batch-state"})
      : store{store::Options{
                  .database = state.database(),
                  .key = test_key(),
                  .destinations = {},
                  .receivers = {{.channel = kChannel, .destination = "there", .kinds = kinds}},
                  .external_url = {}},
              clock, quiet_log()} {}

  void open(const HttpTestServer& server, std::chrono::milliseconds timeout = 20s,
            const std::optional<std::filesystem::path>& secret = {}) {
    const WebhookOptions options{.url = fmt::format("http://{}/hook?token=x", server.address()),
                                 .secret_file = secret,
                                 .authorities = {},
                                 .timeout = timeout};
    publisher.emplace(quick(), store, clock, webhook_carrier(options, quiet_log()), quiet_log());
  }
  void run_request() {
    submit_one(store);
    const auto claim = claim_of(*store.claim("iib", "here", kLease));
    store.progress(claim, "building", {});
    store.finish(claim, RequestState::complete, "done", {});
  }
  [[nodiscard]] bool sent_all() {
    return eventually(60s, [&] { return store.outbox_counts().waiting == 0; });
  }

  StateDir state;
  SystemClock clock;
  store::Store store;
  std::optional<Publisher> publisher;
};

/// `in_progress` and so on of the messages about a request that were taken, in their order.
std::vector<std::string> states_of(const std::vector<RawRequest>& taken, std::int64_t id) {
  std::vector<std::string> states;
  for (const auto& request : taken) {
    if (request.header("X-Iibd-Event") != "build-state") continue;
    const auto body = io::parse_json(request.body);
    if (body["id"].GetInt64() == id) states.emplace_back(body["state_reason"].GetString());
  }
  return states;
}

const std::vector<std::string> kStory{"The request was accepted and waits for a worker", "building",
                                      "done"};

/// Takes every message that it does not treat otherwise.
class Receiver {
 public:
  /// What it answers to try `count` (1, 2, ...) of a message; nothing: 204.
  using Treat = std::function<std::optional<RawAnswer>(const RawRequest&, int count)>;

  explicit Receiver(Treat treat)
      : treat_{std::move(treat)}, server_{[this](const RawRequest& request) {
          const auto count = tries_.with(
              [&](auto& tries) { return ++tries[request.header("X-Iibd-Message-Id")]; });
          if (auto other = treat_(request, count)) return *std::move(other);
          taken_.with([&](auto& taken) { taken.push_back(request); });
          return answer(204);
        }} {}

  [[nodiscard]] const HttpTestServer& server() const { return server_; }
  [[nodiscard]] std::vector<RawRequest> taken() {
    return taken_.with([](const auto& taken) { return taken; });
  }

 private:
  Treat treat_;
  Guarded<std::map<std::string, int>> tries_;
  Guarded<std::vector<RawRequest>> taken_;
  HttpTestServer server_;
};

}  // namespace

TEST_CASE("a webhook gets each state as a signed POST, in order, and each once", "[webhook]") {
  Receiver receiver{[](const RawRequest&, int) { return std::nullopt; }};
  Office office;
  office.open(receiver.server(), 20s,
              write_secret(office.state.dir.path(), "0123456789abcdef0123456789abcdef\n"));

  office.run_request();

  REQUIRE(office.sent_all());
  const auto taken = receiver.taken();
  REQUIRE(taken.size() == 5);  // three states, and the batch's begin and end
  CHECK(states_of(taken, 1) == kStory);
  const auto& first = taken.front();
  CHECK(first.line() == "POST /hook?token=x");
  CHECK(first.header("Content-Type") == "application/json");
  CHECK(first.header("X-Iibd-Event") == "build-state");
  CHECK(first.header("X-Iibd-Event-Id") == "1");
  CHECK(first.header("X-Iibd-Message-Id").size() == 36);
  CHECK(taken[1].header("X-Iibd-Event") == "batch-state");
  CHECK(taken[1].header("X-Iibd-Event-Id") == "1.1");
  CHECK(taken.back().header("X-Iibd-Event-Id") == "3.1");
  CHECK(io::parse_json(taken.back().body)["state"].GetString() == std::string{"complete"});
  CHECK(receiver.server().connections() == 1);
  std::set<std::string> ids;
  for (const auto& request : taken) {
    ids.insert(request.header("X-Iibd-Message-Id"));
    CHECK(request.header("X-Iibd-Signature-256") ==
          webhook_signature(Secret{"0123456789abcdef0123456789abcdef"}, request.body));
  }
  CHECK(ids.size() == taken.size());
}

TEST_CASE("a webhook gets only the events that it is for, unsigned without a secret", "[webhook]") {
  Receiver receiver{[](const RawRequest&, int) { return std::nullopt; }};
  Office office{{"batch-state"}};
  office.open(receiver.server());

  office.run_request();

  REQUIRE(office.sent_all());
  const auto taken = receiver.taken();
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].header("X-Iibd-Event") == "batch-state");
  CHECK(taken[0].header("X-Iibd-Signature-256").empty());
}

TEST_CASE("the signature is HMAC-SHA256", "[webhook]") {
  // RFC 4231, test case 2.
  CHECK(webhook_signature(Secret{"Jefe"}, "what do ya want for nothing?") ==
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("a receiver that misbehaves for a while gets all, in order, with the same message ids",
          "[webhook]") {
  using Then = RawAnswer::Then;
  const auto [name, bad] = GENERATE(table<std::string, RawAnswer>({
      {"500", answer(500, R"({"message": "no"})")},
      {"503", answer(503)},
      {"429", answer(429)},
      {"a redirect", answer(302, "", "Location: http://127.0.0.1:1/\r\n")},
      {"closes at once", RawAnswer{.bytes = "", .then = Then::close}},
      {"closes in the middle", RawAnswer{.bytes = "HTTP/1.1 200 O", .then = Then::close}},
      {"no HTTP", RawAnswer{.bytes = "hello\r\n\r\n", .then = Then::close}},
      {"hangs", RawAnswer{.bytes = "", .then = Then::silence}},
  }));
  CAPTURE(name);
  const auto misbehave = bad;
  Receiver receiver{[misbehave](const RawRequest&, int count) {
    return count == 1 ? std::optional{misbehave} : std::nullopt;
  }};
  Office office;
  // Only who hangs costs this long; for all others it must not be too short on a busy machine.
  office.open(receiver.server(), name == "hangs" ? 1s : 10s);

  office.run_request();

  REQUIRE(office.sent_all());
  CHECK(states_of(receiver.taken(), 1) == kStory);
  std::set<std::string> asked;
  for (const auto& request : receiver.server().requests()) {
    asked.insert(request.header("X-Iibd-Message-Id"));
  }
  CHECK(asked.size() == 5);
  CHECK(office.store.outbox_counts().set_aside == 0);
}

TEST_CASE("a message that is refused again and again is set aside, and holds back only its own",
          "[webhook]") {
  const auto status = GENERATE(400, 404, 410, 500);
  CAPTURE(status);
  Receiver receiver{[status](const RawRequest& request, int) -> std::optional<RawAnswer> {
    const auto body = io::parse_json(request.body);
    if (!body.HasMember("id") || body["id"].GetInt64() != 1) return std::nullopt;
    return answer(status, "gone fishing");
  }};
  Office office;
  office.open(receiver.server());

  office.run_request();
  office.run_request();

  REQUIRE(eventually(60s, [&] { return states_of(receiver.taken(), 2) == kStory; }));
  REQUIRE(eventually(60s, [&] { return office.store.outbox_counts().set_aside == 1; }));
  CHECK(states_of(receiver.taken(), 1).empty());
  const auto listed =
      store::list_messages(office.state.database(), store::OutboxView::set_aside, 10);
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].subject == "request 1");
  CHECK(listed[0].channel == kChannel);
  CHECK(listed[0].tries == 3);
  CHECK(listed[0].problem == fmt::format("it answered {}: gone fishing", status));
}

TEST_CASE("while nobody is there messages wait, however long, and none is set aside", "[webhook]") {
  Office office;
  const OwnPort nobody;  // kept, so that no other program takes it
  const auto url = fmt::format("http://127.0.0.1:{}/", nobody.number());
  office.publisher.emplace(
      quick(), office.store, office.clock,
      webhook_carrier({.url = url, .secret_file = {}, .authorities = {}, .timeout = 1s},
                      quiet_log()),
      quiet_log());
  office.run_request();

  CHECK_FALSE(eventually(500ms, [&] { return office.store.outbox_counts().waiting < 5; }));

  CHECK(office.store.outbox_counts().set_aside == 0);
  CHECK(office.publisher->counts().refused == 0);
}

TEST_CASE("stopping does not wait for a receiver that hangs", "[webhook]") {
  Receiver receiver{[](const RawRequest&, int) {
    return std::optional{RawAnswer{.bytes = "", .then = RawAnswer::Then::silence}};
  }};
  Office office;
  office.open(receiver.server(), 60s);
  office.run_request();
  REQUIRE(eventually(10s, [&] { return !receiver.server().requests().empty(); }));
  const auto begin = std::chrono::steady_clock::now();

  office.publisher.reset();

  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  CHECK(office.store.outbox_counts().waiting == 5);
}

TEST_CASE("the secret of a webhook is a private file of a sensible size", "[webhook]") {
  const TempDir directory{std::filesystem::temp_directory_path()};
  const std::string good(32, 'x');
  CHECK(load_webhook_secret(write_secret(directory.path(), good + "\r\n")).reveal() == good);
  const auto refused = [&](const std::filesystem::path& file, const std::string& why) {
    CHECK_THROWS_WITH(load_webhook_secret(file), Contains(why) && Contains(file.string()));
  };

  refused(directory.path() / "none", "openssl rand");
  const auto file = directory.path() / "webhook.key";
  std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0640));
  refused(file, "chmod 600");
  std::filesystem::remove(file);
  refused(write_secret(directory.path(), "short\n"), "16 to 4096");
  std::filesystem::remove(file);
  refused(write_secret(directory.path(), std::string(5000, 'x')), "16 to 4096");
  std::filesystem::remove(file);
  refused(write_secret(directory.path(), ""), "16 to 4096");
}
