#include "daemon.hpp"
#include "eventually.hpp"
#include "http_test_server.hpp"
#include "iib/base/files.hpp"
#include "iib/base/guarded.hpp"
#include "iib/io/process.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

// Streams of events and webhooks of the real daemon, which is killed meanwhile.

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kConfiguration =
    "iib_registry: registry.example.com\n"
    "login_disabled: true\n"
    "iib_queues: {iib: 0}\n";  // nothing runs: states come from outside
constexpr auto kRemove =
    R"({"operators": ["o"], "binary_image": "r.example.com/i:1", "from_index": "r.example.com/x:1"})";
constexpr int kRequests = 200;
constexpr std::size_t kEvents = 5UL * kRequests;  // three states, and the batch's begin and end

/// `curl -N` on all events, started again with the last id whenever it ends.
class Curl {
 public:
  explicit Curl(const std::atomic<int>& port) : port_{port} {}
  ~Curl() { finish(); }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;

  [[nodiscard]] std::vector<std::string> ids() {
    return ids_.with([](const auto& ids) { return ids; });
  }
  /// It ends once the daemon has.
  void finish() { done_ = true; }

 private:
  void run() {
    std::string last = "0";
    while (!done_) {
      const auto command =
          fmt::format("exec curl -sN -H 'Last-Event-ID: {}' http://127.0.0.1:{}/api/v1/events",
                      last, port_.load());
      // NOLINTNEXTLINE(cert-env33-c): what a user would type, on purpose
      const std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(command.c_str(), "r"), ::pclose};
      read(*pipe, last);
    }
  }

  /// Events that are whole count; a cut one comes again.
  void read(FILE& pipe, std::string& last) {
    std::array<char, 4096> line{};
    std::string id;
    bool has_data = false;
    while (std::fgets(line.data(), static_cast<int>(line.size()), &pipe) != nullptr) {
      const std::string text = line.data();
      if (text.starts_with("id: ")) id = text.substr(4, text.size() - 5);
      if (text.starts_with("data: ")) has_data = true;
      if (text != "\n" || !std::exchange(has_data, false)) continue;
      ids_.with([&](auto& ids) { ids.push_back(id); });
      last = id;
    }
  }

  const std::atomic<int>& port_;
  std::atomic<bool> done_ = false;
  Guarded<std::vector<std::string>> ids_;
  std::jthread thread_{[this] { run(); }};
};

/// `X-Iibd-Event-Id` of what a webhook took, each message once, in the order of its first coming.
class Webhook {
 public:
  [[nodiscard]] std::string url() const { return fmt::format("http://{}/hook", server_.address()); }
  [[nodiscard]] std::vector<RawRequest> taken() {
    return taken_.with([](const auto& taken) { return taken; });
  }

 private:
  RawAnswer take(const RawRequest& request) {
    const auto number = ++count_;
    if (number % 50 == 0) return answer(500);
    if (known_.with([&](auto& known) {
          return known.insert(request.header("X-Iibd-Message-Id")).second;
        })) {
      taken_.with([&](auto& taken) { taken.push_back(request); });
    }
    return number % 70 == 0 ? RawAnswer{.bytes = "", .then = RawAnswer::Then::close} : answer(200);
  }

  std::atomic<int> count_ = 0;
  Guarded<std::set<std::string>> known_;
  Guarded<std::vector<RawRequest>> taken_;
  HttpTestServer server_{[this](const RawRequest& request) { return take(request); }};
};

/// The order of ids such as 12 and 12.1.
std::pair<std::int64_t, bool> order_of(const std::string& id) {
  return {std::stoll(id), id.ends_with(".1")};
}

void run_request(const Daemon& daemon) {
  const auto submitted = daemon.post("/api/v1/builds/rm", kRemove);
  REQUIRE(submitted.status == 201);
  const auto path = fmt::format("/api/v1/builds/{}", submitted.json["id"].GetInt64());
  const auto tell = [&](const std::string& state) {
    REQUIRE(daemon.patch(path, fmt::format(R"({{"state": "{}", "state_reason": "told"}})", state))
                .status == 200);
  };
  tell("in_progress");
  tell("complete");
}

}  // namespace

TEST_CASE("deaths of the daemon cost no follower and no webhook an event", "[events][death]") {
  if (io::find_program("curl").empty()) IIBD_SKIP("curl is not on PATH");
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  std::set<int> deaths;
  while (deaths.size() < 3) deaths.insert(static_cast<int>(random() % (kRequests - 20)) + 10);
  const TempDir directory{std::filesystem::temp_directory_path(), "events-"};
  Webhook webhook;
  std::atomic<int> port = 0;
  std::optional<Curl> curl;  // before the daemon, with whose end it ends
  Daemon daemon{directory.path() / "state",
                kConfiguration + fmt::format("iib_webhooks: [{{url: '{}'}}]\n", webhook.url())};
  daemon.start();
  port = daemon.port();
  curl.emplace(port);

  for (int request = 0; request < kRequests; ++request) {
    run_request(daemon);
    if (!deaths.contains(request)) continue;
    daemon.kill();
    daemon.start();
    port = daemon.port();
  }

  // The webhook rests for a second or two after each of its bad moments.
  CHECK(eventually(180s, [&] { return curl->ids().size() >= kEvents; }));
  CHECK(eventually(180s, [&] { return webhook.taken().size() >= kEvents; }));
  curl->finish();
  daemon.kill();
  const auto ids = curl->ids();
  CHECK(ids.size() == kEvents);
  for (std::size_t at = 0; at + 1 < ids.size(); ++at) {
    if (order_of(ids[at]) < order_of(ids[at + 1])) continue;
    FAIL_CHECK(ids[at] << " came before " << ids[at + 1]);
  }
  std::map<std::int64_t, std::int64_t> newest;  // by request
  for (const auto& message : webhook.taken()) {
    if (message.header("X-Iibd-Event") != "build-state") continue;
    const auto event = std::stoll(message.header("X-Iibd-Event-Id"));
    auto& before = newest[io::parse_json(message.body)["id"].GetInt64()];
    CHECK(before < event);
    before = event;
  }
  CHECK(newest.size() == kRequests);
  CHECK(webhook.taken().size() == kEvents);
}

TEST_CASE("a daemon with a webhook whose secret is open to others does not start", "[events]") {
  const TempDir directory{std::filesystem::temp_directory_path(), "events-"};
  const auto secret = directory.path() / "key";
  write_file_atomically(secret, std::string(32, 'x'), 0644);
  Daemon daemon{directory.path() / "state",
                kConfiguration + fmt::format("iib_webhooks: [{{url: 'http://127.0.0.1:1/', "
                                             "secret_file: '{}'}}]\n",
                                             secret.string())};

  CHECK(daemon.run_to_end() != 0);

  CHECK_THAT(daemon.log(), Catch::Contains("chmod 600 " + secret.string()));
}

}  // namespace iib::test
