// How many durable submissions a second the store takes: submit_bench [REQUESTS [IN_FLIGHT]].

#include "../../unit/store/store_fixture.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <semaphore>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;

namespace {

constexpr std::ptrdiff_t kMostInFlight = 4096;

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
}
