#include "iib/task/shared_lookups.hpp"

#include "lookup_cache.hpp"

#include <algorithm>

namespace iib::task {
namespace {

/// Batches that are waiting for their next request, beside those at work: more than there are
/// queues, since a queue works off one batch after the other.
constexpr std::size_t kMostIdle = 16;

}  // namespace

SharedLookups::SharedLookups() = default;
SharedLookups::~SharedLookups() = default;

std::shared_ptr<LookupCache> SharedLookups::of_batch(BatchId batch) {
  return state_.with([&](State& state) {
    auto& used = state.batches[batch.value()];
    if (!used.cache) used.cache = std::make_shared<LookupCache>();
    used.turn = ++state.turn;
    auto cache = used.cache;
    const auto is_idle = [](const auto& entry) { return entry.second.cache.use_count() == 1; };
    while (std::ranges::count_if(state.batches, is_idle) > std::ptrdiff_t{kMostIdle}) {
      auto oldest = state.batches.end();
      for (auto each = state.batches.begin(); each != state.batches.end(); ++each) {
        if (!is_idle(*each)) continue;
        if (oldest == state.batches.end() || each->second.turn < oldest->second.turn) oldest = each;
      }
      state.batches.erase(oldest);
    }
    return cache;
  });
}

}  // namespace iib::task
