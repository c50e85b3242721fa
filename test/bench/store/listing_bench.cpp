// How long pages of GET /builds take in a large database: listing_bench [REQUESTS [PAGES]].

#include "../../unit/store/bulk.hpp"
#include "../../unit/store/store_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;

namespace {

constexpr std::int64_t kPageSize = 20;

/// How long one page took: by the clock on the wall, and of this thread's time, which a busy
/// machine does not change.
struct Cost {
  double wall = 0;
  double processor = 0;
};

double thread_milliseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

Cost cost_of(const Store& store, const Filter& filter, std::int64_t page) {
  const auto start = std::chrono::steady_clock::now();
  const double processor = thread_milliseconds();
  static_cast<void>(store.list(filter, page, kPageSize, Detail::whole_history));
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;
  return {.wall = wall.count(), .processor = thread_milliseconds() - processor};
}

std::string summary(std::vector<Cost> costs) {
  const auto by_wall = [](const Cost& one, const Cost& other) { return one.wall < other.wall; };
  const auto by_processor = [](const Cost& one, const Cost& other) {
    return one.processor < other.processor;
  };
  std::sort(costs.begin(), costs.end(), by_wall);
  const double slowest = std::max_element(costs.begin(), costs.end(), by_processor)->processor;
  return fmt::format("median {:5.2f} max {:5.2f} (cpu {:5.2f}) ms", costs[costs.size() / 2].wall,
                     costs.back().wall, slowest);
}

void measure(const Store& store, const char* name, const Filter& filter, std::int64_t first_pages) {
  const auto total = store.list(filter, 1, 1, Detail::latest_state).total;
  const auto pages = std::max<std::int64_t>(1, (total + kPageSize - 1) / kPageSize);
  std::vector<Cost> first;
  for (std::int64_t page = 1; page <= std::min(first_pages, pages); ++page) {
    first.push_back(cost_of(store, filter, page));
  }
  std::vector<Cost> deep;
  for (std::int64_t step = 0; step <= 50; ++step) {
    deep.push_back(cost_of(store, filter, 1 + (pages - 1) * step / 50));
  }
  fmt::print("{:30} {:>8} matches; {:>4} first pages: {}; 51 to the last: {}\n", name, total,
             first.size(), summary(first), summary(deep));
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t requests = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
  const std::int64_t pages = argc > 2 ? std::atoll(argv[2]) : 1'000;
  StateDir state;
  state.open().reset();
  const auto start = std::chrono::steady_clock::now();
  fill(state.database(), requests);
  const auto store = state.open();
  fmt::print("{} requests, {} MB, filled in {:.1f} s\n", requests,
             std::filesystem::file_size(state.database()) / 1'000'000,
             std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());

  using model::RequestState;
  using model::RequestType;
  const std::string user = "user-7@REALM.EXAMPLE";
  const std::string index = "registry.example.com/catalog/index-03:v4";
  measure(*store, "unfiltered", {}, pages);
  measure(*store, "state complete", {.state = RequestState::complete}, pages);
  measure(*store, "state failed", {.state = RequestState::failed}, pages);
  measure(*store, "state in_progress", {.state = RequestState::in_progress}, pages);
  measure(*store, "user", {.user = user}, pages);
  measure(*store, "batch of 10", {.batch = BatchId{requests / 20}}, pages);
  measure(*store, "large batch", {.batch = BatchId{1}}, pages);
  measure(*store, "large batch, failed", {.state = RequestState::failed, .batch = BatchId{1}},
          pages);
  measure(*store, "type rm", {.type = RequestType::rm}, pages);
  measure(*store, "type merge (none)", {.type = RequestType::merge_index_image}, pages);
  measure(*store, "state failed, type fbc",
          {.state = RequestState::failed, .type = RequestType::fbc_operations}, pages);
  measure(*store, "user, state failed", {.state = RequestState::failed, .user = user}, pages);
  measure(*store, "from_index", {.from_index = index}, pages);
  measure(*store, "from_index, user", {.user = user, .from_index = index}, pages);
  measure(*store, "from_index, state failed", {.state = RequestState::failed, .from_index = index},
          pages);
  measure(*store, "prefix of 10 indexes",
          {.from_index_prefix = "registry.example.com/catalog/index-03"}, pages);
  measure(*store, "prefix of all, failed",
          {.state = RequestState::failed, .from_index_prefix = "registry.example.com/"}, pages);
  measure(*store, "prefix of 10, user, failed, rm",
          {.state = RequestState::failed,
           .type = RequestType::rm,
           .user = user,
           .from_index_prefix = "registry.example.com/catalog/index-03"},
          pages);
  measure(*store, "index_image", {.index_image = "registry.example.com/built/index:500000"}, pages);
}
