// Several clients overwrite one index while the daemon is killed again and again. The seed is
// printed; IIBD_SOAK_SEED repeats it. IIBD_SOAK=1: the full size.

#include "eventually.hpp"
#include "iib/base/sha256.hpp"
#include "index_image.hpp"
#include "invariants.hpp"
#include "mortal_daemon.hpp"
#include "otters.hpp"
#include "site.hpp"
#include "size.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr int kClients = 4;
constexpr auto kFirst = "first-otter";
const std::vector<std::string> kNothing;

/// More workers than requests that may run at once, and in more than one queue.
constexpr auto kConfiguration =
    "iib_trusted_proxies: [127.0.0.1]\n"
    "iib_privileged_usernames: [client-1, client-2, client-3, client-4]\n"
    "iib_queues: {iib: 2, other: 2}\n"
    "iib_user_to_queue: {client-3: other, client-4: other}\n"
    "iib_max_tries: 1000\n";

struct Size {
  int each;
  int deaths;
};

Size chosen_size(const std::string& engine) {
  if (long_run()) return {.each = 50, .deaths = 5};
  // The tools take seconds for what takes the embedded engine a tenth of one.
  return engine == "tools" ? Size{.each = 3, .deaths = 2} : Size{.each = 10, .deaths = 5};
}

/// A request that was accepted, and the package that it adds.
struct Sent {
  std::int64_t request = 0;
  std::string otter;
};

/// One client: sends some requests at once, waits for their ends, and goes on.
class Client {
 public:
  Client(MortalDaemon& daemon, std::string user, unsigned seed)
      : daemon_{daemon}, user_{std::move(user)}, random_{seed} {}

  void plan(std::string otter, std::string body) {
    planned_.push_back({.otter = std::move(otter), .body = std::move(body)});
  }

  /// Counts in `ended` what has ended.
  void run(std::atomic<int>& ended) {
    constexpr unsigned kMostAtOnce = 5;
    while (sent_.size() < planned_.size()) {
      const auto begin = sent_.size();
      const auto end = std::min(planned_.size(), begin + 1 + random_() % kMostAtOnce);
      while (sent_.size() < end) send(planned_[sent_.size()]);
      for (auto next = begin; next < end; ++next) {
        await_end(sent_[next]);
        ++ended;
      }
    }
  }

  [[nodiscard]] const std::vector<Sent>& sent() const { return sent_; }

 private:
  struct Planned {
    std::string otter;
    std::string body;
  };

  /// Repeats what was not answered under its own key, so that it is accepted once.
  void send(const Planned& planned) {
    std::optional<Answer> answer;
    const bool accepted = eventually(120s, [&] {
      answer = daemon_.call([&](const Daemon& daemon) {
        return daemon.post_with({{"Idempotency-Key", planned.otter}, {"X-Remote-User", user_}},
                                "/api/v1/builds/add", planned.body);
      });
      return answer.has_value();
    });
    if (!accepted || answer->status != 201) {
      throw std::runtime_error{"not accepted: " + (answer ? answer->body : planned.body)};
    }
    sent_.push_back({.request = answer->json["id"].GetInt64(), .otter = planned.otter});
  }

  void await_end(const Sent& sent) {
    const auto path = fmt::format("/api/v1/builds/{}", sent.request);
    const bool ended = eventually(600s, [&] {
      const auto answer = daemon_.call([&](const Daemon& daemon) { return daemon.get(path); });
      return answer && answer->status == 200 && text_of(answer->json, "state") != "in_progress";
    });
    if (!ended) throw std::runtime_error{fmt::format("request {} does not end", sent.request)};
  }

  MortalDaemon& daemon_;
  std::string user_;
  std::mt19937 random_;
  std::vector<Planned> planned_;
  std::vector<Sent> sent_;
};

/// Moments for deaths: how many requests have ended by then, in rising order.
std::vector<int> moments(int deaths, int requests, std::mt19937& random) {
  std::vector<int> chosen;
  for (int death = 0; death < deaths; ++death) {
    chosen.push_back(static_cast<int>(random() % static_cast<unsigned>(requests - 1)));
  }
  std::ranges::sort(chosen);
  return chosen;
}

/// An index, and clients that overwrite it.
class Contest {
 public:
  explicit Contest(const std::string& engine)
      : daemon_{prepared(site_, engine).state(), site_.configuration(kConfiguration)} {
    const auto first = push_otter(site_, kFirst);
    const auto built = build_first(site_.add_body({first}, {.add_arches = {"amd64"}}));
    if (!put_over(site_, built, index())) throw std::runtime_error{"the index cannot be made"};
  }

  [[nodiscard]] std::string index() const { return site_.pull_spec("catalog/main:v1"); }

  void run(const Size& size) {
    std::mt19937 random{chosen_seed()};
    for (int number = 1; number <= kClients; ++number) {
      auto& client = clients_.emplace_back(daemon_, fmt::format("client-{}", number), random());
      for (int each = 1; each <= size.each; ++each) {
        auto otter = fmt::format("otter-{}-{}", number, each);
        auto body =
            site_.add_body({push_otter(site_, otter)},
                           {.from_index = index(), .more = R"(,"overwrite_from_index":true)"});
        client.plan(std::move(otter), std::move(body));
      }
    }
    std::atomic<int> ended{0};
    std::vector<std::string> failures(kClients);
    {
      std::vector<std::jthread> threads;
      for (std::size_t number = 0; number < clients_.size(); ++number) {
        threads.emplace_back([&, number] {
          try {
            clients_[number].run(ended);
          } catch (const std::exception& failure) {
            failures[number] = failure.what();
            ended += kClients * size.each;  // nobody waits for the rest
          }
        });
      }
      for (const int moment : moments(size.deaths, kClients * size.each, random)) {
        eventually(600s, [&] { return ended >= moment; });
        std::this_thread::sleep_for(std::chrono::milliseconds{random() % 400});
        daemon_.die_and_return();
      }
    }
    CHECK(failures == std::vector<std::string>(kClients));
  }

  void check(const Size& size) {
    const auto sent = all_sent();
    REQUIRE(sent.size() == static_cast<std::size_t>(kClients * size.each));
    std::vector<std::string> expected{otter_name(kFirst)};
    std::string last;
    for (const auto& [request, otter] : sent) {
      const auto document = get(request);
      CAPTURE(request, otter, history_of(document));
      CHECK(text_of(document, "state") == "complete");
      CHECK(text_of(document, "index_image") == index());
      CHECK(texts_of(document, "bundles") == std::vector{site_.pull_spec(otter + ":latest")});
      // Each result holds what all requests before it have added, and nothing else.
      const auto result = fmt::format("iib-build:{}", request);
      CHECK(text_of(document, "internal_index_image_copy") == site_.pull_spec(result));
      expected.insert(std::ranges::upper_bound(expected, otter_name(otter)), otter_name(otter));
      CHECK(bundles_of(site_.registry(), site_.pull_spec(result)) == expected);
      last = site_.registry().manifest("iib-build", std::to_string(request));
      CHECK(text_of(document, "index_image_resolved") ==
            fmt::format("{}@sha256:{}", site_.pull_spec("catalog/main"), sha256_hex(last)));
    }
    CHECK(site_.registry().manifest("catalog/main", "v1") == last);
    CHECK(bundles_of(site_.registry(), index()) == expected);

    REQUIRE(daemon_.stop() == 0);
    const auto& state = site_.state();
    CHECK(number_in(state, "SELECT count(*) FROM request") == kClients * size.each + 1);
    // In the order of submission.
    CHECK(number_in(state,
                    "SELECT count(*) FROM request_state AS older JOIN request_state AS newer "
                    "ON newer.id > older.id AND newer.request_id < older.request_id "
                    "WHERE older.state = 2 AND newer.state = 2") == 0);
    CHECK(broken_invariants(state) == kNothing);
    CHECK(leftovers(state) == kNothing);
  }

 private:
  static Site& prepared(Site& site, const std::string& engine) {
    site.use_image_engine(engine);
    return site;
  }

  std::string build_first(const std::string& body) {
    std::string built;
    const auto answer = daemon_.call([&](const Daemon& daemon) {
      built = build_index(daemon, "add", body);
      return Answer{};
    });
    if (!answer) throw std::runtime_error{"the first index cannot be built:\n" + daemon_.log()};
    return built;
  }

  io::JsonDocument get(std::int64_t request) {
    auto answer = daemon_.call([&](const Daemon& daemon) {
      return daemon.get(fmt::format("/api/v1/builds/{}", request));
    });
    return answer ? std::move(answer->json) : io::JsonDocument{};
  }

  /// Of all clients, in the order of the requests.
  [[nodiscard]] std::vector<Sent> all_sent() const {
    std::vector<Sent> all;
    for (const auto& client : clients_) {
      const auto& sent = client.sent();
      CHECK(std::ranges::is_sorted(sent, {}, &Sent::request));
      all.insert(all.end(), sent.begin(), sent.end());
    }
    std::ranges::sort(all, {}, &Sent::request);
    return all;
  }

  Site site_;
  MortalDaemon daemon_;
  std::vector<Client> clients_;
};

}  // namespace

TEST_CASE("four clients overwrite one index, the daemon dies meanwhile, and nothing is lost",
          "[overwriting][soak]") {
  IIBD_NEEDS_TOOLS();
  const auto engine = GENERATE(from_range(soaked_engines()));
  CAPTURE(engine);
  const auto size = chosen_size(engine);
  Contest contest{engine};

  contest.run(size);

  contest.check(size);
}

}  // namespace iib::test
