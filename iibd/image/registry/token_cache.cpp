#include "image/registry/token_cache.hpp"

#include <algorithm>

namespace iib::image {
namespace {

constexpr std::size_t kMostTokens = 4096;
constexpr std::chrono::seconds kLongestMargin{30};

/// How long before its end a token is used no more: a request must not meet the end on its way.
std::chrono::seconds margin_of(std::chrono::seconds lifetime) {
  return std::min(kLongestMargin, lifetime / 4);
}

}  // namespace

bool TokenCache::serves(const Slot& slot, const Secret& refused) const {
  return !slot.value.empty() && now_() < slot.fresh_until &&
         slot.value.reveal() != refused.reveal();
}

Secret TokenCache::token(const std::string& key, const Secret& refused,
                         const Cancellation& cancellation, const std::function<Token()>& fetch) {
  {
    std::unique_lock lock{mutex_};
    while (slots_[key].fetching) {
      changed_.wait_until(lock, cancellation.stop(), cancellation.deadline(),
                          [&] { return !slots_[key].fetching; });
      cancellation.check("the wait for a token");
    }
    auto& slot = slots_[key];
    if (serves(slot, refused)) return slot.value.clone();
    slot.fetching = true;
  }
  const auto asked = now_();
  try {
    auto token = fetch();
    auto value = token.value.clone();
    settle(key, std::move(token), asked);
    return value;
  } catch (...) {
    settle(key, {}, asked);
    throw;
  }
}

void TokenCache::settle(const std::string& key, Token token,
                        std::chrono::steady_clock::time_point asked) {
  {
    const std::scoped_lock lock{mutex_};
    auto& slot = slots_[key];
    slot.fetching = false;
    slot.fresh_until = asked + token.lifetime - margin_of(token.lifetime);
    slot.value = std::move(token.value);
    make_room();
  }
  changed_.notify_all();
}

void TokenCache::make_room() {
  const auto drop = [&](auto&& unwanted) {
    std::erase_if(slots_, [&](const auto& entry) {
      return !entry.second.fetching && unwanted(entry.second);
    });
  };
  if (slots_.size() <= kMostTokens) return;
  drop([now = now_()](const Slot& slot) { return slot.fresh_until <= now; });
  if (slots_.size() > kMostTokens) drop([](const Slot&) { return true; });
}

}  // namespace iib::image
