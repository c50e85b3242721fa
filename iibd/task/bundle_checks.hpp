#pragma once

#include "resolve.hpp"

#include <span>

namespace iib::task {

/// Throws UserError for the first of `bundles` that lacks one of `iib_required_labels` or has it
/// with another value (pipeline 7.1).
void require_labels(const Context& context, std::span<const ResolvedBundle> bundles);

/// Asks Greenwave about `bundles` when the job's queue is gated (pipeline 7.2). Throws UserError
/// when it does not let them pass, ExternalError when it cannot be asked.
void require_gate(const Context& context, std::span<const ResolvedBundle> bundles);

}  // namespace iib::task
