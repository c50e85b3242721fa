#pragma once

#include "context.hpp"

namespace iib::task {

/// The steps of an add request (pipeline 6.1).
[[nodiscard]] Outcome run_add(Context& context);
/// The steps of an rm request (pipeline 6.2).
[[nodiscard]] Outcome run_rm(Context& context);
/// The steps of a regenerate-bundle request (pipeline 6.3).
[[nodiscard]] Outcome run_regenerate_bundle(Context& context);

}  // namespace iib::task
