#pragma once

#include "iib/store/store.hpp"
#include "store/connection.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::store {

/// See Store::body_hash; `key` is the store's.
[[nodiscard]] std::string body_hash(const Secret& key, std::string_view body);

/// A submission that was stored under an idempotency key.
struct KnownSubmission {
  BatchId batch;
  /// JSON text: the bundle_mapping of each of its requests, if any had one.
  std::optional<std::string> bundle_mappings;
};

/// The submission that `user` made under `key`, or nothing. Throws KeyReused when its body was
/// another.
[[nodiscard]] std::optional<KnownSubmission> find_submission(Connection& connection,
                                                             const std::optional<std::string>& user,
                                                             const model::IdempotencyKey& key,
                                                             Timestamp now);

/// The requests of `known` as they were created; `repeated` is the same submission, read again from
/// the same body.
[[nodiscard]] std::vector<model::Request> as_created(Connection& connection,
                                                     const KnownSubmission& known,
                                                     const model::NewBatch& repeated);

/// Remembers that `stored` came of the submission `batch`, if that has a key.
void remember_submission(Connection& connection, const model::NewBatch& batch,
                         const std::vector<model::Request>& stored, Timestamp now);

/// Removes some of the keys that have expired.
void drop_expired_keys(Connection& connection, Timestamp now);

}  // namespace iib::store
