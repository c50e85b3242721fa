// What messages cost the daemon's database and its publisher, with a real broker:
// messages_bench [CHANGES [ROUNDS [WORKERS]]].

#include "../../unit/store/store_fixture.hpp"
#include "../catalog/child.hpp"
#include "amqp_broker.hpp"
#include "eventually.hpp"
#include "iib/notify/amqp_carrier.hpp"
#include "iib/notify/publisher.hpp"
#include "measure.hpp"
#include "rabbitmq.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

namespace iib::bench {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int kChangesOfOne = 5;   // of a request: submitted, three steps, complete
constexpr int kMessagesOfOne = 7;  // and of its batch: begun, ended
constexpr std::chrono::seconds kLease{600};

struct Plan {
  int changes = 10'000;
  int rounds = 5;
  int workers = 4;

  [[nodiscard]] int requests() const { return changes / kChangesOfOne; }
  [[nodiscard]] double messages() const { return 1.0 * kMessagesOfOne * requests(); }
};

enum class Sends { nothing, messages };

/// What one round measured, in memory that it shares with the process that asked for it.
struct Round {
  double changing = 0;  ///< Milliseconds that all changes took.
  double sending = 0;   ///< From the first change, or the publisher's begin, to the empty outbox.
  double median = 0;    ///< Milliseconds of one change.
  double slowest = 0;   ///< But for one in a hundred.
};

Round* shared_round() {
  auto* const memory =
      ::mmap(nullptr, sizeof(Round), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc{};
  return new (memory) Round;
}

/// A store as the daemon has it, with its publisher.
class Office {
 public:
  Office(std::string broker, Sends sends)
      : broker_{std::move(broker)},
        store_{{.database = state_.database(),
                .key = store::test::test_key(),
                .destinations = sends == Sends::messages
                                    ? store::Destinations{.build_state = "/amq/queue/iib.build",
                                                          .batch_state = "/amq/queue/iib.batch"}
                                    : store::Destinations{},
                .external_url = {},
                .on_new_states =
                    [this] {
                      if (publisher_) publisher_->wake();
                    }},
               clock_,
               log_} {}
  Office(const Office&) = delete;
  Office& operator=(const Office&) = delete;
  ~Office() {
    if (publisher_) publisher_->stop();
  }

  void open() {
    publisher_ = std::make_unique<notify::Publisher>(
        notify::PublisherOptions{}, store_, clock_,
        notify::amqp_carrier({.urls = {broker_}, .certificate = {}, .key = {}, .authorities = {}},
                             log_),
        log_);
  }
  /// Milliseconds that each change took, the shortest first.
  [[nodiscard]] std::vector<double> make_changes(const Plan& plan);
  void wait_empty() const {
    const auto is_empty = [&] { return store_.destinations_waiting(store::kAmqpChannel).empty(); };
    if (!test::eventually(300s, is_empty)) throw std::runtime_error{"messages still wait"};
  }

 private:
  void run_request(std::vector<double>& took);

  const std::string broker_;
  const Log log_{make_null_sink(), "bench", LogLevel::error};
  SystemClock clock_;
  store::test::StateDir state_;
  std::unique_ptr<notify::Publisher> publisher_;  // the store's writer wakes it
  store::Store store_;
};

/// The story of a request, told by the thread that has it.
void Office::run_request(std::vector<double>& took) {
  const auto timed = [&](const auto& change) {
    const auto begin = steady_clock::now();
    change();
    took.push_back(milliseconds_since(begin));
  };
  timed([&] { store::test::submit_one(store_); });
  const auto claim = store::test::claim_of(store_.claim("iib", "here", kLease).value());
  for (const auto* step : {"Resolving the images", "Building the index", "Pushing the index"}) {
    timed([&] { store_.progress(claim, step, {}); });
  }
  timed([&] { store_.finish(claim, model::RequestState::complete, "Completed", {}); });
}

std::vector<double> Office::make_changes(const Plan& plan) {
  std::vector<std::vector<double>> parts(static_cast<std::size_t>(plan.workers));
  {
    std::vector<std::jthread> workers;
    for (auto& part : parts) {
      workers.emplace_back([this, &part, share = plan.requests() / plan.workers] {
        for (int request = 0; request < share; ++request) run_request(part);
      });
    }
  }
  std::vector<double> took;
  for (const auto& part : parts) took.insert(took.end(), part.begin(), part.end());
  std::sort(took.begin(), took.end());
  return took;
}

double percentile(const std::vector<double>& sorted, std::size_t hundredths) {
  return sorted.at((sorted.size() - 1) * hundredths / 100);
}

/// The publisher is at work during all changes.
void change_and_send(const std::string& broker, const Plan& plan, Sends sends, Round& round) {
  Office office{broker, sends};
  if (sends == Sends::messages) office.open();
  const auto begin = steady_clock::now();
  const auto took = office.make_changes(plan);
  round.changing = milliseconds_since(begin);
  office.wait_empty();
  round.sending = milliseconds_since(begin);
  round.median = percentile(took, 50);
  round.slowest = percentile(took, 99);
}

/// As after a time without a broker: all messages wait before the first is sent.
void send_backlog(const std::string& broker, const Plan& plan, Round& round) {
  Office office{broker, Sends::messages};
  static_cast<void>(office.make_changes(plan));
  const auto begin = steady_clock::now();
  office.open();
  office.wait_empty();
  round.sending = milliseconds_since(begin);
}

/// What rounds of one kind measured.
struct Rounds {
  Sample changes_a_second;
  Sample median;
  Sample slowest;
  Sample processor;
  Sample memory;

  void add(const Plan& plan, const Round& round, const Cost& cost) {
    changes_a_second.add(1e3 * plan.changes / round.changing);
    median.add(round.median);
    slowest.add(round.slowest);
    processor.add(1e3 * cost.processor_milliseconds / plan.changes);
    memory.add(cost.peak_mib);
  }
  void print(const char* name) const {
    fmt::print(
        "{}\n  changes a second     {}\n  a change, median, ms {}\n  a change, p99, ms    {}\n"
        "  processor, us each   {}\n  most memory, MiB     {}\n",
        name, changes_a_second.text(0), median.text(2), slowest.text(2), processor.text(0),
        memory.text(1));
  }
};

/// In turn, so that both kinds see the same machine.
void measure_changes(const std::string& broker, const Plan& plan, Round& round) {
  Rounds without;
  Rounds with;
  Sample added;
  Sample ratio;
  Sample messages_a_second;
  Sample behind;
  for (int number = 0; number < plan.rounds; ++number) {
    const auto nothing = cost_of([&] { change_and_send(broker, plan, Sends::nothing, round); });
    const auto alone = round;
    without.add(plan, alone, nothing);
    const auto all = cost_of([&] { change_and_send(broker, plan, Sends::messages, round); });
    with.add(plan, round, all);
    added.add(round.slowest - alone.slowest);
    ratio.add(round.slowest / alone.slowest);
    messages_a_second.add(1e3 * plan.messages() / round.sending);
    behind.add(round.sending - round.changing);
  }
  fmt::print("{} changes by {} workers, {} rounds each\n", plan.changes, plan.workers, plan.rounds);
  without.print("without messages");
  with.print("with messages, the broker up");
  fmt::print(
      "  p99 beside that without: {} ms more, {} times\n"
      "  messages a second, from the first change to the last settlement {}\n"
      "  the last settlement after the last change, ms {}\n",
      added.text(2), ratio.text(2), messages_a_second.text(0), behind.text(0));
}

void measure_backlog(const std::string& broker, const Plan& plan, Round& round) {
  Sample messages_a_second;
  Sample memory;
  for (int number = 0; number < plan.rounds; ++number) {
    const auto cost = cost_of([&] { send_backlog(broker, plan, round); });
    messages_a_second.add(1e3 * plan.messages() / round.sending);
    memory.add(cost.peak_mib);
  }
  fmt::print("{:.0f} messages that waited\n  a second             {}\n  most memory, MiB     {}\n",
             plan.messages(), messages_a_second.text(0), memory.text(1));
}

void measure(const Plan& plan) {
  const test::RabbitMq broker;
  { const test::AmqpConsumer declares{broker.url(), {"/queue/iib.build", "/queue/iib.batch"}}; }
  auto& round = *shared_round();
  measure_changes(broker.url(), plan, round);
  measure_backlog(broker.url(), plan, round);
}

}  // namespace
}  // namespace iib::bench

int main(int argc, char** argv) {
  iib::bench::Plan plan;
  if (argc > 1) plan.changes = std::atoi(argv[1]);
  if (argc > 2) plan.rounds = std::atoi(argv[2]);
  if (argc > 3) plan.workers = std::atoi(argv[3]);
  if (!iib::test::RabbitMq::installed()) {
    fmt::print(stderr, "messages_bench needs rabbitmq-server\n");
    return EXIT_FAILURE;
  }
  try {
    iib::bench::measure(plan);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
