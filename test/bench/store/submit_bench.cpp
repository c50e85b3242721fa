// How many durable submissions a second the store takes, and what it costs to read and to claim a
// request: submit_bench [REQUESTS [IN_FLIGHT]].

#include "../../unit/store/store_fixture.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <semaphore>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;

namespace {

constexpr std::ptrdiff_t kMostInFlight = 4096;
constexpr int kUsers = 50;
constexpr int kClaims = 500;

/// What a claim costs while requests of many users wait.
void measure_claims(QueueOrder order, int waiting) {
  StateDir state;
  state.order = order;
  const auto store = state.open();
  for (int made = 0; made < waiting; ++made) {
    auto batch = batch_of(new_request());
    batch.user = fmt::format("user-{}", made % kUsers);
    store->submit(std::move(batch), [](const SubmitResult&) {});
  }
  submit(*store, batch_of(new_request()));  // answered after all of them

  const auto start = std::clock();  // of the processor: the disk is the same for every claim
  for (int i = 0; i < kClaims; ++i) {
    if (!store->claim("iib", "here", std::chrono::seconds{60})) return;
  }
  const auto each = 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / kClaims;
  fmt::print("{:.1f} us of processor to claim one of {} requests of {} users, {}\n", each, waiting,
             kUsers, order == QueueOrder::submission ? "by submission" : "in turn");
}

}  // namespace

int main(int argc, char** argv) {
  const int requests = argc > 1 ? std::atoi(argv[1]) : 20'000;
  const int in_flight = argc > 2 ? std::atoi(argv[2]) : 64;
  StateDir state;
  state.destinations = {.build_state = "topic://build", .batch_state = "topic://batch"};
  const auto store = state.open();
  std::counting_semaphore<kMostInFlight> places{in_flight};

  const auto start = std::chrono::steady_clock::now();
  for (int made = 0; made < requests; ++made) {
    places.acquire();
    store->submit(batch_of(new_request()), [&](const SubmitResult&) { places.release(); });
  }
  for (int place = 0; place < in_flight; ++place) places.acquire();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

  fmt::print("{} durable submissions, {} in flight: {:.0f} a second\n", requests, in_flight,
             requests / seconds.count());

  const auto reading = std::chrono::steady_clock::now();
  for (int id = 1; id <= requests; ++id) static_cast<void>(store->find(RequestId{id}));
  const std::chrono::duration<double, std::micro> each = std::chrono::steady_clock::now() - reading;
  fmt::print("{:.1f} us to read a request\n", each.count() / requests);
  measure_claims(QueueOrder::submission, requests);
  measure_claims(QueueOrder::users_in_turn, requests);
}
