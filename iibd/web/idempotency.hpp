#pragma once

#include "web/api.hpp"

#include <optional>

namespace iib::web {

/// The header `Idempotency-Key` of a submission, made ready for the store. Refuses a key that has
/// no sensible form (400) and one that was given to another body before (409).
[[nodiscard]] std::optional<model::IdempotencyKey> read_idempotency_key(const Services& services,
                                                                        const Call& call);

}  // namespace iib::web
