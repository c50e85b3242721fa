#include "expiry.hpp"

#include "iib/base/error.hpp"
#include "iib/model/document.hpp"

namespace iib::app {
namespace {

constexpr std::chrono::hours kPause{1};

bool is_expired(const Expiring& expiring, RequestId id, Timestamp now) {
  const auto request = expiring.store.find(id);
  if (!request || !is_final(request->history.front().state)) return false;
  return now > model::expiration(*request, expiring.data_lifetime);
}

}  // namespace

std::size_t delete_expired(const Expiring& expiring, const Cancellation& cancellation,
                           const Log& log) {
  const auto now = expiring.clock.now();
  std::size_t deleted = 0;
  // What was written within the lifetime belongs to a request that ended within it, or not yet.
  for (const auto& artifact : expiring.artifacts.written_before(now - expiring.data_lifetime)) {
    cancellation.check("deleting expired logs");
    if (!is_expired(expiring, artifact.request, now)) continue;
    expiring.artifacts.remove(artifact);
    ++deleted;
  }
  if (deleted > 0) log.info("deleted {} expired logs and artifacts of requests", deleted);
  return deleted;
}

void keep_deleting_expired(const Expiring& expiring, const Cancellation& cancellation,
                           const Log& log) noexcept {
  try {
    while (true) {
      try {
        delete_expired(expiring, cancellation, log);
      } catch (const ExternalError& error) {
        log.warning("expired logs and artifacts stay for another hour: {}", error.what());
      }
      cancellation.sleep(kPause, "waiting for logs to expire");
    }
  } catch (const Cancelled&) {
    return;  // the daemon stops
  } catch (const std::exception& error) {
    log.error("expired logs and artifacts are no longer deleted: {}", error.what());
  }
}

}  // namespace iib::app
