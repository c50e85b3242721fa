#pragma once

#include "context.hpp"
#include "resolve.hpp"

#include <span>

namespace iib::task {

/// Throws UserError when the request asks for what this release cannot do: an accepted parameter is
/// never ignored.
void refuse_unsupported(const Job& job, const Settings& settings);
/// The same for what only the bundles' labels tell (legacy packages, pipeline 9.1).
void refuse_unsupported(std::span<const ResolvedBundle> bundles);

/// The steps of an add request (pipeline 6.1).
[[nodiscard]] Outcome run_add(Context& context);
/// The steps of an rm request (pipeline 6.2).
[[nodiscard]] Outcome run_rm(Context& context);
/// The steps of a regenerate-bundle request (pipeline 6.3).
[[nodiscard]] Outcome run_regenerate_bundle(Context& context);

}  // namespace iib::task
