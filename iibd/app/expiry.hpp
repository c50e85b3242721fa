#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/clock.hpp"
#include "iib/base/log.hpp"
#include "iib/io/artifacts.hpp"
#include "iib/store/store.hpp"

#include <chrono>
#include <cstddef>

namespace iib::app {

/// What decides about the age of artifacts.
struct Expiring {
  const store::Store& store;
  const io::LocalArtifacts& artifacts;
  const Clock& clock;
  std::chrono::days data_lifetime;  ///< `iib_request_data_days_to_live`.
};

/// Deletes logs and artifacts of requests that ended longer ago than their lifetime, for which the
/// API says "gone" (rest-api 7); what belongs to no request of this database stays. Gives how many
/// went. Throws Cancelled.
std::size_t delete_expired(const Expiring& expiring, const Cancellation& cancellation,
                           const Log& log);

/// Calls delete_expired() now and every hour until `cancellation`. Never throws.
void keep_deleting_expired(const Expiring& expiring, const Cancellation& cancellation,
                           const Log& log) noexcept;

}  // namespace iib::app
