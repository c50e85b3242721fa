#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/secret.hpp"
#include "image/registry/authorizer.hpp"
#include "image/registry/token.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace iib::image {

/// Tokens until shortly before they expire. While one thread fetches a token, others that want the
/// same wait. Safe from any thread.
class TokenCache {
 public:
  explicit TokenCache(Authorizer::Now now) : now_{std::move(now)} {}

  /// The token under `key`, by `fetch` when there is none that is fresh and another than `refused`.
  /// What `fetch` throws passes; who waited for it then fetches for itself.
  [[nodiscard]] Secret token(const std::string& key, const Secret& refused,
                             const Cancellation& cancellation, const std::function<Token()>& fetch);

 private:
  struct Slot {
    Secret value;
    std::chrono::steady_clock::time_point fresh_until{};
    bool fetching = false;
  };
  [[nodiscard]] bool serves(const Slot& slot, const Secret& refused) const;
  void make_room();
  void settle(const std::string& key, Token token, std::chrono::steady_clock::time_point asked);

  Authorizer::Now now_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Slot> slots_;
};

}  // namespace iib::image
